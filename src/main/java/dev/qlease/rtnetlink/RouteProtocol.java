package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;
import java.util.Map;

/**
 * The origin of a route, address or neighbour; RTPROT_ in linux/rtnetlink.h.
 *
 * @param value the kernel's number
 */
public record RouteProtocol(int value) implements NamedValue {
    static final Names NAMES = Names.of(Map.ofEntries(
            entry(Uapi.RTPROT_UNSPEC(), "unspec"),
            entry(Uapi.RTPROT_REDIRECT(), "redirect"),
            entry(Uapi.RTPROT_KERNEL(), "kernel"),
            entry(Uapi.RTPROT_BOOT(), "boot"),
            entry(Uapi.RTPROT_STATIC(), "static"),
            entry(Uapi.RTPROT_GATED(), "gated"),
            entry(Uapi.RTPROT_RA(), "ra"),
            entry(Uapi.RTPROT_MRT(), "mrt"),
            entry(Uapi.RTPROT_ZEBRA(), "zebra"),
            entry(Uapi.RTPROT_BIRD(), "bird"),
            entry(Uapi.RTPROT_DNROUTED(), "dnrouted"),
            entry(Uapi.RTPROT_XORP(), "xorp"),
            entry(Uapi.RTPROT_NTK(), "ntk"),
            entry(Uapi.RTPROT_DHCP(), "dhcp"),
            entry(Uapi.RTPROT_MROUTED(), "mrouted"),
            entry(Uapi.RTPROT_KEEPALIVED(), "keepalived"),
            entry(Uapi.RTPROT_BABEL(), "babel"),
            entry(Uapi.RTPROT_OVN(), "ovn"),
            entry(Uapi.RTPROT_OPENR(), "openr"),
            entry(Uapi.RTPROT_BGP(), "bgp"),
            entry(Uapi.RTPROT_ISIS(), "isis"),
            entry(Uapi.RTPROT_OSPF(), "ospf"),
            entry(Uapi.RTPROT_RIP(), "rip"),
            entry(Uapi.RTPROT_EIGRP(), "eigrp")));

    /** Not specified. In a request to delete: any origin. */
    public static final RouteProtocol UNSPEC = new RouteProtocol(Uapi.RTPROT_UNSPEC());

    /** An ICMP redirect. */
    public static final RouteProtocol REDIRECT = new RouteProtocol(Uapi.RTPROT_REDIRECT());

    /** The kernel. */
    public static final RouteProtocol KERNEL = new RouteProtocol(Uapi.RTPROT_KERNEL());

    /** The boot process, or ip-route(8). */
    public static final RouteProtocol BOOT = new RouteProtocol(Uapi.RTPROT_BOOT());

    /** An administrator. */
    public static final RouteProtocol STATIC = new RouteProtocol(Uapi.RTPROT_STATIC());

    /** A router advertisement. */
    public static final RouteProtocol RA = new RouteProtocol(Uapi.RTPROT_RA());

    /** A DHCP client. */
    public static final RouteProtocol DHCP = new RouteProtocol(Uapi.RTPROT_DHCP());

    private static Map.Entry<Long, String> entry(int number, String name) {
        return Map.entry((long) number, name);
    }

    @Override
    public long number() {
        return Integer.toUnsignedLong(value);
    }

    @Override
    public Names names() {
        return NAMES;
    }

    @Override
    public String toString() {
        return text();
    }
}
