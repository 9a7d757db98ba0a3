package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;
import java.util.Map;

/**
 * Flags of a route or of one of its next hops; RTNH_F_ and RTM_F_ in linux/rtnetlink.h.
 *
 * @param value the kernel's number
 */
public record RouteFlags(int value) implements NamedValue {
    static final Names NAMES = Names.ofMasks(Map.ofEntries(
            entry(Uapi.RTNH_F_DEAD(), "dead"),
            entry(Uapi.RTNH_F_PERVASIVE(), "pervasive"),
            entry(Uapi.RTNH_F_ONLINK(), "onlink"),
            entry(Uapi.RTNH_F_OFFLOAD(), "offload"),
            entry(Uapi.RTNH_F_LINKDOWN(), "linkdown"),
            entry(Uapi.RTNH_F_UNRESOLVED(), "unresolved"),
            entry(Uapi.RTNH_F_TRAP(), "trap"),
            entry(Uapi.RTM_F_NOTIFY(), "notify"),
            entry(Uapi.RTM_F_CLONED(), "cloned"),
            entry(Uapi.RTM_F_EQUALIZE(), "equalize"),
            entry(Uapi.RTM_F_PREFIX(), "prefix"),
            entry(Uapi.RTM_F_LOOKUP_TABLE(), "lookup-table"),
            entry(Uapi.RTM_F_FIB_MATCH(), "fib-match"),
            entry(Uapi.RTM_F_OFFLOAD(), "rt-offload"),
            entry(Uapi.RTM_F_TRAP(), "rt-trap"),
            entry(Uapi.RTM_F_OFFLOAD_FAILED(), "rt-offload-failed")));

    /** None. */
    public static final RouteFlags NONE = new RouteFlags(0);

    /** The next hop is not used. */
    public static final RouteFlags DEAD = new RouteFlags(Uapi.RTNH_F_DEAD());

    /** The gateway is on the link, whatever its address. */
    public static final RouteFlags ONLINK = new RouteFlags(Uapi.RTNH_F_ONLINK());

    /** The link has no carrier. */
    public static final RouteFlags LINKDOWN = new RouteFlags(Uapi.RTNH_F_LINKDOWN());

    /** It was cloned for one destination, not installed. */
    public static final RouteFlags CLONED = new RouteFlags(Uapi.RTM_F_CLONED());

    private static Map.Entry<Long, String> entry(int mask, String name) {
        return Map.entry(Integer.toUnsignedLong(mask), name);
    }

    @Override
    public long number() {
        return Integer.toUnsignedLong(value);
    }

    @Override
    public Names names() {
        return NAMES;
    }

    /** Returns whether all of {@code flags} are set. */
    public boolean has(RouteFlags flags) {
        return (value & flags.value) == flags.value;
    }

    /** Returns these flags and {@code added}. */
    public RouteFlags and(RouteFlags added) {
        return new RouteFlags(value | added.value);
    }

    @Override
    public String toString() {
        return text();
    }
}
