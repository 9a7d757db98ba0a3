package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;
import java.util.Map;

/**
 * How far an address or a destination reaches; RT_SCOPE_ in linux/rtnetlink.h.
 *
 * @param value the kernel's number
 */
public record Scope(int value) implements NamedValue {
    static final Names NAMES =
            Names.of(Map.of(0L, "universe", 200L, "site", 253L, "link", 254L, "host", 255L, "nowhere"));

    /** Anywhere. */
    public static final Scope UNIVERSE = new Scope(Uapi.RT_SCOPE_UNIVERSE());

    /** Within this site. */
    public static final Scope SITE = new Scope(Uapi.RT_SCOPE_SITE());

    /** On the link only. */
    public static final Scope LINK = new Scope(Uapi.RT_SCOPE_LINK());

    /** On this machine only. */
    public static final Scope HOST = new Scope(Uapi.RT_SCOPE_HOST());

    /** Nowhere. In a request to delete: any scope. */
    public static final Scope NOWHERE = new Scope(Uapi.RT_SCOPE_NOWHERE());

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
