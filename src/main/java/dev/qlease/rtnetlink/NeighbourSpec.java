package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.ndmsg;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.Request;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The specification of a neighbour to add.
 *
 * @param ifindex the link
 * @param dst its address
 * @param lladdr its hardware address
 * @param state its state
 * @param flags its flags
 */
public record NeighbourSpec(
        int ifindex, IpAddress dst, Optional<HardwareAddress> lladdr, NeighbourState state, NeighbourFlags flags) {
    /** Returns the specification of a neighbour with this hardware address, which stays until it is deleted. */
    public static NeighbourSpec permanent(int ifindex, IpAddress dst, HardwareAddress lladdr) {
        return new NeighbourSpec(ifindex, dst, Optional.of(lladdr), NeighbourState.PERMANENT, NeighbourFlags.NONE);
    }

    /** Returns the specification of a proxy entry: this machine answers for the address on the link. */
    public static NeighbourSpec proxy(int ifindex, IpAddress dst) {
        return new NeighbourSpec(ifindex, dst, Optional.empty(), NeighbourState.NONE, NeighbourFlags.PROXY);
    }

    /** Returns a copy with this state. */
    public NeighbourSpec state(NeighbourState wanted) {
        return new NeighbourSpec(ifindex, dst, lladdr, wanted, flags);
    }

    /** Returns a copy with these flags added. */
    public NeighbourSpec flags(NeighbourFlags more) {
        return new NeighbourSpec(ifindex, dst, lladdr, state, flags.and(more));
    }

    void write(Request request) {
        writeKey(request, ifindex, dst, flags);
        ndmsg.ndm_state(request.header(), (short) state.value());
        lladdr.ifPresent(address -> request.put(NeighbourAttributes.LLADDR, address.bytes()));
    }

    /** Puts the attributes that identify the neighbour. */
    static void writeKey(Request request, int ifindex, IpAddress dst, NeighbourFlags flags) {
        MemorySegment header = request.header();
        ndmsg.ndm_family(header, (byte) AddressFamily.of(dst).value());
        ndmsg.ndm_ifindex(header, ifindex);
        ndmsg.ndm_flags(header, (byte) flags.value());
        request.about(dst + " on link " + ifindex).put(NeighbourAttributes.DST, dst.bytes());
    }
}
