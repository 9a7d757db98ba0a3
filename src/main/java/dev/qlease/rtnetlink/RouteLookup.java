package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.rtmsg;
import dev.qlease.netlink.Attribute;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.Request;
import dev.qlease.rtnetlink.RouteAttributes.RouteSet;
import java.lang.foreign.MemorySegment;

/** The packet whose route is looked up. Immutable; each method returns a copy with one more setting. */
public final class RouteLookup {
    private final IpAddress destination;
    private final int sourceLength;
    private final Settings settings;

    private RouteLookup(IpAddress destination, int sourceLength, Settings settings) {
        this.destination = destination;
        this.sourceLength = sourceLength;
        this.settings = settings;
    }

    /** Returns the lookup for a packet to this address. */
    public static RouteLookup to(IpAddress destination) {
        return new RouteLookup(destination, 0, Settings.NONE.with(RouteSet.DST, destination));
    }

    private RouteLookup with(Attribute attribute, Object value) {
        return new RouteLookup(destination, sourceLength, settings.with(attribute, value));
    }

    /** Sets the source address. */
    public RouteLookup from(IpAddress source) {
        return new RouteLookup(destination, source.bits(), settings.with(RouteSet.SRC, source));
    }

    /** Sets the outgoing link. */
    public RouteLookup oif(int ifindex) {
        return with(RouteSet.OIF, ifindex);
    }

    /** Sets the incoming link; without one, the packet is from this machine. */
    public RouteLookup iif(int ifindex) {
        return with(RouteSet.IIF, ifindex);
    }

    /** Sets the packet's mark. */
    public RouteLookup mark(int mark) {
        return with(RouteSet.MARK, mark);
    }

    void write(Request request) {
        MemorySegment header = request.header();
        rtmsg.rtm_family(header, (byte) AddressFamily.of(destination).value());
        rtmsg.rtm_dst_len(header, (byte) destination.bits());
        rtmsg.rtm_src_len(header, (byte) sourceLength);
        if (!destination.isIpv6()) {
            // Without the flag IPv4 always reports table main; IPv6 reports the actual table and refuses the flag.
            rtmsg.rtm_flags(header, Uapi.RTM_F_LOOKUP_TABLE());
        }
        settings.write(request);
    }

    @Override
    public String toString() {
        return "route to " + destination;
    }
}
