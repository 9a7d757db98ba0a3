package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * What happens to packets that a route matches, and what kind of address its destination is; RTN_ in
 * linux/rtnetlink.h.
 *
 * @param value the kernel's number
 */
public record RouteType(int value) implements NamedValue {
    static final Names NAMES = Names.of(
            "unspec",
            "unicast",
            "local",
            "broadcast",
            "anycast",
            "multicast",
            "blackhole",
            "unreachable",
            "prohibit",
            "throw",
            "nat",
            "xresolve");

    /** Not specified. */
    public static final RouteType UNSPEC = new RouteType(Uapi.RTN_UNSPEC());

    /** They go to a gateway or over a link. */
    public static final RouteType UNICAST = new RouteType(Uapi.RTN_UNICAST());

    /** They are for this machine. */
    public static final RouteType LOCAL = new RouteType(Uapi.RTN_LOCAL());

    /** They are broadcast on the link. */
    public static final RouteType BROADCAST = new RouteType(Uapi.RTN_BROADCAST());

    /** They are for this machine, as one of several. */
    public static final RouteType ANYCAST = new RouteType(Uapi.RTN_ANYCAST());

    /** They are sent to a multicast group. */
    public static final RouteType MULTICAST = new RouteType(Uapi.RTN_MULTICAST());

    /** They are dropped silently. */
    public static final RouteType BLACKHOLE = new RouteType(Uapi.RTN_BLACKHOLE());

    /** They are dropped with an ICMP host unreachable error. */
    public static final RouteType UNREACHABLE = new RouteType(Uapi.RTN_UNREACHABLE());

    /** They are dropped with an ICMP administratively prohibited error. */
    public static final RouteType PROHIBIT = new RouteType(Uapi.RTN_PROHIBIT());

    /** The lookup continues in the next table. */
    public static final RouteType THROW = new RouteType(Uapi.RTN_THROW());

    /** Their addresses are translated; old kernels only. */
    public static final RouteType NAT = new RouteType(Uapi.RTN_NAT());

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
