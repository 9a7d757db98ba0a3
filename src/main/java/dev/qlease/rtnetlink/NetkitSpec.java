package dev.qlease.rtnetlink;

import dev.qlease.netlink.Attribute;
import dev.qlease.netlink.Request;
import dev.qlease.rtnetlink.LinkAttributes.NetkitSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a netkit device is to be, as one; IFLA_NETKIT_ in linux/if_link.h. Immutable; each method answers a copy with one
 * thing more. Which end is the primary one is not to be said: the one that is made, not its peer.
 */
public final class NetkitSpec {
    private final Settings settings;
    private final @Nullable LinkSpec peer;

    private NetkitSpec(Settings settings, @Nullable LinkSpec peer) {
        this.settings = settings;
        this.peer = peer;
    }

    /**
     * One end of a pair. The other end gets a name from the kernel, and has room for as many queues. Also for changing a
     * link that is there, whichever its pairing is.
     */
    public static NetkitSpec pair() {
        return new NetkitSpec(Settings.NONE, null);
    }

    /**
     * One end of a pair, {@code peer} the other.
     *
     * @throws IllegalArgumentException if the peer has a kind, or is to be up: the kernel makes it down
     */
    public static NetkitSpec pair(LinkSpec peer) {
        return new NetkitSpec(Settings.NONE, peer.asPeer());
    }

    /** A device without a peer, for leased queues of its own. Since Linux 7.1. It has neither scrubbing nor policy. */
    public static NetkitSpec single() {
        return pair().with(NetkitSet.PAIRING, NetkitPairing.SINGLE);
    }

    private NetkitSpec with(Attribute attribute, Object value) {
        return new NetkitSpec(settings.with(attribute, value), peer);
    }

    /** Carries this; IP packets if nothing is said. */
    public NetkitSpec mode(NetkitMode mode) {
        return with(NetkitSet.MODE, mode);
    }

    /** Does this with packets that it sends and no BPF program decides on. May be changed later. */
    public NetkitSpec policy(NetkitPolicy policy) {
        return with(NetkitSet.POLICY, policy);
    }

    /** Its peer does this with packets that it sends and no BPF program decides on. May be changed later. */
    public NetkitSpec peerPolicy(NetkitPolicy policy) {
        return with(NetkitSet.PEER_POLICY, policy);
    }

    /** Does this with mark and priority of packets that it sends. */
    public NetkitSpec scrub(NetkitScrub scrub) {
        return with(NetkitSet.SCRUB, scrub);
    }

    /** Its peer does this with mark and priority of packets that it sends. */
    public NetkitSpec peerScrub(NetkitScrub scrub) {
        return with(NetkitSet.PEER_SCRUB, scrub);
    }

    /** Both ends have senders leave {@code bytes} free before a packet, 0 to 65,535. */
    public NetkitSpec headroom(int bytes) {
        return with(NetkitSet.HEADROOM, bytes);
    }

    /** Both ends have senders leave {@code bytes} free after a packet, 0 to 65,535. */
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
