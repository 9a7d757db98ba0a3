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

    /** Not said. */
    public static final RouteType UNSPEC = new RouteType(Uapi.RTN_UNSPEC());

    /** They go to a gateway or over a link. */
    public static final RouteType UNICAST = new RouteType(Uapi.RTN_UNICAST());

    /** They are for this machine. */
    public static final RouteType LOCAL = new RouteType(Uapi.RTN_LOCAL());

    /** They go to all on a link. */
    public static final RouteType BROADCAST = new RouteType(Uapi.RTN_BROADCAST());

    /** They are for this machine as for others. */
    public static final RouteType ANYCAST = new RouteType(Uapi.RTN_ANYCAST());

    /** They go to a group. */
    public static final RouteType MULTICAST = new RouteType(Uapi.RTN_MULTICAST());

    /** They are dropped without a word. */
    public static final RouteType BLACKHOLE = new RouteType(Uapi.RTN_BLACKHOLE());

    /** They are dropped; the sender is told that the host is unreachable. */
    public static final RouteType UNREACHABLE = new RouteType(Uapi.RTN_UNREACHABLE());

    /** They are dropped; the sender is told that this is prohibited. */
    public static final RouteType PROHIBIT = new RouteType(Uapi.RTN_PROHIBIT());

    /** The search goes on in the next table. */
    public static final RouteType THROW = new RouteType(Uapi.RTN_THROW());

    /** They get another address: of old kernels. */
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
