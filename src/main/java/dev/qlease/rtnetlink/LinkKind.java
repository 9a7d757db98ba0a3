package dev.qlease.rtnetlink;

import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import dev.qlease.rtnetlink.LinkAttributes.InfoSet;
import dev.qlease.rtnetlink.LinkAttributes.NetkitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The data of a link that is specific to its kind: the {@code data} of its {@code linkinfo}. */
public sealed interface LinkKind {
    /** Returns the kernel's name for the kind, such as {@code netkit}. */
    String kind();

    /** Reads the data of {@code info}, which must have a kind. */
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
     * A netkit device, which runs BPF programs on the packets that it sends; IFLA_NETKIT_ in linux/if_link.h.
     *
     * @param primary whether it is the primary end, to which BPF programs are attached for both ends
     * @param policy the policy for packets that it sends and no BPF program decides on
     * @param peerPolicy the policy for packets that its peer sends and no BPF program decides on
     * @param mode its mode
     * @param scrub the handling of mark and priority of packets that it sends
     * @param peerScrub the handling of mark and priority of packets that its peer sends
     * @param headroom bytes that senders leave free before a packet
     * @param tailroom bytes that senders leave free after a packet
     * @param pairing whether it has a peer; empty before Linux 7.1, where all have one
     * @param unknown attributes that this library has no name for
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

    /** One end of a pair of virtual Ethernet devices; veth(4). {@link Link#link()} is the other end. */
    record Veth() implements LinkKind {
        static final String KIND = "veth";

        @Override
        public String kind() {
            return KIND;
        }
    }

    /** A device that drops all packets. */
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
     * @param kind the kernel's name for the kind
     * @param data its data, which this library does not decode
     */
    record Other(String kind, List<UnknownAttribute> data) implements LinkKind {}
}
