package dev.qlease.rtnetlink;

import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import dev.qlease.rtnetlink.LinkAttributes.InfoSet;
import dev.qlease.rtnetlink.LinkAttributes.NetkitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What a link says as one of its kind: the {@code data} of its {@code linkinfo}. */
public sealed interface LinkKind {
    /** What the kernel calls the kind, such as {@code netkit}. */
    String kind();

    /** Reads what {@code info}, which has a kind, says as such. */
    static LinkKind of(Attributes info) {
        String kind = info.get(InfoSet.KIND);
        if (kind.equals(Netkit.KIND) && info.has(InfoSet.DATA)) {
            return Netkit.of(info.get(InfoSet.DATA));
        }
        return switch (kind) {
            case Veth.KIND -> new Veth();
            case Dummy.KIND -> new Dummy();
            default ->
                new Other(kind, info.has(InfoSet.DATA) ? info.get(InfoSet.DATA).unknown() : List.of());
        };
    }

    /**
     * A netkit device, which hands packets to a BPF program of its peer's namespace, or of its own, instead of a queue;
     * IFLA_NETKIT_ in linux/if_link.h.
     *
     * @param primary whether it is the end that the other was made with, where BPF programs are attached for both
     * @param policy what happens to packets that no BPF program decides on, of those that it sends
     * @param peerPolicy the same of those that its peer sends
     * @param mode what it carries
     * @param scrub what happens to mark and priority of packets that it sends
     * @param peerScrub the same of those that its peer sends
     * @param headroom bytes that senders leave free before a packet
     * @param tailroom bytes that senders leave free after a packet
     * @param pairing whether it has a peer; empty before Linux 7.1, where all have
     * @param unknown what a newer kernel says beside
     */
    record Netkit(
            boolean primary,
            Optional<NetkitPolicy> policy,
            Optional<NetkitPolicy> peerPolicy,
            Optional<NetkitMode> mode,
            Optional<NetkitScrub> scrub,
            Optional<NetkitScrub> peerScrub,
            OptionalInt headroom,
            OptionalInt tailroom,
            Optional<NetkitPairing> pairing,
            List<UnknownAttribute> unknown)
            implements LinkKind {
        static final String KIND = "netkit";

        static Netkit of(Attributes data) {
            return new Netkit(
                    data.find(NetkitSet.PRIMARY).orElse(0) != 0,
                    data.find(NetkitSet.POLICY, NetkitPolicy::new),
                    data.find(NetkitSet.PEER_POLICY, NetkitPolicy::new),
                    data.find(NetkitSet.MODE, NetkitMode::new),
                    data.find(NetkitSet.SCRUB, NetkitScrub::new),
                    data.find(NetkitSet.PEER_SCRUB, NetkitScrub::new),
                    data.find(NetkitSet.HEADROOM),
                    data.find(NetkitSet.TAILROOM),
                    data.find(NetkitSet.PAIRING, NetkitPairing::new),
                    data.unknown());
        }

        @Override
        public String kind() {
            return KIND;
        }
    }

    /** One end of a pair of virtual Ethernet devices; veth(4). Which link is the other says {@link Link#link()}. */
    record Veth() implements LinkKind {
        static final String KIND = "veth";

        @Override
        public String kind() {
            return KIND;
        }
    }

    /** A device that drops what it is given. */
    record Dummy() implements LinkKind {
        static final String KIND = "dummy";

        @Override
        public String kind() {
            return KIND;
        }
    }

    /**
     * A device of any other kind.
     *
     * @param kind what the kernel calls it
     * @param data what it says of itself, which nobody here can read
     */
    record Other(String kind, List<UnknownAttribute> data) implements LinkKind {}
}
