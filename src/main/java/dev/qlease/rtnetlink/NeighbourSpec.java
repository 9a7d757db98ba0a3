package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.ndmsg;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.Request;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * What a neighbour is to be.
 *
 * @param ifindex the link it is on
 * @param dst its address
 * @param lladdr its hardware address
 * @param state what the kernel is to believe of it
 * @param flags what it is
 */
public record NeighbourSpec(
        int ifindex, IpAddress dst, Optional<HardwareAddress> lladdr, NeighbourState state, NeighbourFlags flags) {
    /** One with this hardware address, to stay until it is deleted. */
    public static NeighbourSpec permanent(int ifindex, IpAddress dst, HardwareAddress lladdr) {
        return new NeighbourSpec(ifindex, dst, Optional.of(lladdr), NeighbourState.PERMANENT, NeighbourFlags.NONE);
    }

    /** An address that this machine answers for on the link. */
    public static NeighbourSpec proxy(int ifindex, IpAddress dst) {
        return new NeighbourSpec(ifindex, dst, Optional.empty(), NeighbourState.NONE, NeighbourFlags.PROXY);
    }

    /** The same in another state. */
    public NeighbourSpec state(NeighbourState wanted) {
        return new NeighbourSpec(ifindex, dst, lladdr, wanted, flags);
    }

    /** The same with these flags beside those that it has. */
    public NeighbourSpec flags(NeighbourFlags more) {
        return new NeighbourSpec(ifindex, dst, lladdr, state, flags.and(more));
    }

    void write(Request request) {
        writeKey(request, ifindex, dst, flags);
        ndmsg.ndm_state(request.header(), (short) state.value());
        lladdr.ifPresent(address -> request.put(NeighbourAttributes.LLADDR, address.bytes()));
    }

    /** Writes which neighbour it is. */
    static void writeKey(Request request, int ifindex, IpAddress dst, NeighbourFlags flags) {
        MemorySegment header = request.header();
        ndmsg.ndm_family(header, (byte) AddressFamily.of(dst).value());
        ndmsg.ndm_ifindex(header, ifindex);
        ndmsg.ndm_flags(header, (byte) flags.value());
        request.about(dst + " on link " + ifindex).put(NeighbourAttributes.DST, dst.bytes());
    }
}
