package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.rtmsg;
import dev.qlease.netlink.Attribute;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.Request;
import dev.qlease.rtnetlink.RouteAttributes.RouteSet;
import java.lang.foreign.MemorySegment;

/** A packet whose way is asked for. Immutable; each method answers a copy with one thing more. */
public final class RouteLookup {
    private final IpAddress destination;
    private final int sourceLength;
    private final Settings settings;

    private RouteLookup(IpAddress destination, int sourceLength, Settings settings) {
        this.destination = destination;
        this.sourceLength = sourceLength;
        this.settings = settings;
    }

    /** One to this address. */
    public static RouteLookup to(IpAddress destination) {
        return new RouteLookup(destination, 0, Settings.NONE.with(RouteSet.DST, destination));
    }

    private RouteLookup with(Attribute attribute, Object value) {
        return new RouteLookup(destination, sourceLength, settings.with(attribute, value));
    }

    /** It is from this address. */
    public RouteLookup from(IpAddress source) {
        return new RouteLookup(destination, source.bits(), settings.with(RouteSet.SRC, source));
    }

    /** It is to leave by the link {@code ifindex}. */
    public RouteLookup oif(int ifindex) {
        return with(RouteSet.OIF, ifindex);
    }

    /** It came by the link {@code ifindex}; else it is from here. */
    public RouteLookup iif(int ifindex) {
        return with(RouteSet.IIF, ifindex);
    }

    /** It has this mark. */
    public RouteLookup mark(int mark) {
        return with(RouteSet.MARK, mark);
    }

    void write(Request request) {
        MemorySegment header = request.header();
        rtmsg.rtm_family(header, (byte) AddressFamily.of(destination).value());
        rtmsg.rtm_dst_len(header, (byte) destination.bits());
        rtmsg.rtm_src_len(header, (byte) sourceLength);
        if (!destination.isIpv6()) {
            // Else IPv4 answers main, whichever table it was; IPv6 answers the right one and refuses the flag.
            rtmsg.rtm_flags(header, Uapi.RTM_F_LOOKUP_TABLE());
        }
        settings.write(request);
    }

    @Override
    public String toString() {
        return "route to " + destination;
    }
}
