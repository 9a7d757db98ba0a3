package dev.qlease.rtnetlink;

import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * Why the kernel deleted a route; enum rt_del_reason. Since Linux 7.3, for IPv6 routes.
 *
 * @param value the kernel's number
 */
public record RouteDelReason(int value) implements NamedValue {
    static final Names NAMES = Names.of("unspec", "expired", "ra-withdrawn");

    /** Not specified. */
    public static final RouteDelReason UNSPEC = new RouteDelReason(0);

    /** It expired. */
    public static final RouteDelReason EXPIRED = new RouteDelReason(1);

    /** A router advertisement withdrew it. */
    public static final RouteDelReason RA_WITHDRAWN = new RouteDelReason(2);

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
