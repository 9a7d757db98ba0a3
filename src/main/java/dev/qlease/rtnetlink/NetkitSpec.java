package dev.qlease.rtnetlink;

import dev.qlease.netlink.Attribute;
import dev.qlease.netlink.Request;
import dev.qlease.rtnetlink.LinkAttributes.NetkitSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The netkit settings of a link to create or change; IFLA_NETKIT_ in linux/if_link.h. Immutable; each method returns a
 * copy with one more setting. The primary end is always the link itself, not its peer.
 */
public final class NetkitSpec {
    private final Settings settings;
    private final @Nullable LinkSpec peer;

    private NetkitSpec(Settings settings, @Nullable LinkSpec peer) {
        this.settings = settings;
        this.peer = peer;
    }

    /**
     * Returns one end of a pair. The kernel chooses the name of the other end, which has the same number of queues.
     * Also for changing an existing link, whatever its pairing.
     */
    public static NetkitSpec pair() {
        return new NetkitSpec(Settings.NONE, null);
    }

    /**
     * Returns one end of a pair, {@code peer} the other.
     *
     * @throws IllegalArgumentException if the peer has a kind or is set up: the kernel creates it down
     */
    public static NetkitSpec pair(LinkSpec peer) {
        return new NetkitSpec(Settings.NONE, peer.asPeer());
    }

    /** Returns a device without a peer, for leased queues. Since Linux 7.1. It has neither scrubbing nor policy. */
    public static NetkitSpec single() {
        return pair().with(NetkitSet.PAIRING, NetkitPairing.SINGLE);
    }

    private NetkitSpec with(Attribute attribute, Object value) {
        return new NetkitSpec(settings.with(attribute, value), peer);
    }

    /** Sets the mode; the default is L3. */
    public NetkitSpec mode(NetkitMode mode) {
        return with(NetkitSet.MODE, mode);
    }

    /** Sets the policy for packets that it sends and no BPF program decides on. Can be changed later. */
    public NetkitSpec policy(NetkitPolicy policy) {
        return with(NetkitSet.POLICY, policy);
    }

    /** Sets the policy for packets that its peer sends and no BPF program decides on. Can be changed later. */
    public NetkitSpec peerPolicy(NetkitPolicy policy) {
        return with(NetkitSet.PEER_POLICY, policy);
    }

    /** Sets the handling of mark and priority of packets that it sends. */
    public NetkitSpec scrub(NetkitScrub scrub) {
        return with(NetkitSet.SCRUB, scrub);
    }

    /** Sets the handling of mark and priority of packets that its peer sends. */
    public NetkitSpec peerScrub(NetkitScrub scrub) {
        return with(NetkitSet.PEER_SCRUB, scrub);
    }

    /** Sets the headroom of both ends, in bytes that senders leave free before a packet, 0 to 65,535. */
    public NetkitSpec headroom(int bytes) {
        return with(NetkitSet.HEADROOM, bytes);
    }

    /** Sets the tailroom of both ends, in bytes that senders leave free after a packet, 0 to 65,535. */
    public NetkitSpec tailroom(int bytes) {
        return with(NetkitSet.TAILROOM, bytes);
    }

    Optional<LinkSpec> peer() {
        return Optional.ofNullable(peer);
    }

    void write(Request request) {
        settings.write(request);
        if (peer != null) {
            request.begin(NetkitSet.PEER_INFO);
            peer.write(request);
            request.end();
        }
    }

    @Override
    public String toString() {
        return settings + (peer == null ? "" : ", peer " + peer);
    }
}
