package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;
import java.util.Map;

/**
 * A routing table; RT_TABLE_ in linux/rtnetlink.h. Any 32-bit number is a table; these have names.
 *
 * @param value the kernel's number
 */
public record RouteTable(int value) implements NamedValue {
    static final Names NAMES = Names.of(Map.of(0L, "unspec", 253L, "default", 254L, "main", 255L, "local"));

    /** Not specified. */
    public static final RouteTable UNSPEC = new RouteTable(Uapi.RT_TABLE_UNSPEC());

    /** The table that is looked up last. */
    public static final RouteTable DEFAULT = new RouteTable(Uapi.RT_TABLE_DEFAULT());

    /** The default table for new routes. */
    public static final RouteTable MAIN = new RouteTable(Uapi.RT_TABLE_MAIN());

    /** The kernel's table of local addresses. */
    public static final RouteTable LOCAL = new RouteTable(Uapi.RT_TABLE_LOCAL());

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
