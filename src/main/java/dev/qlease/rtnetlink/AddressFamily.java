package dev.qlease.rtnetlink;

import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;
import java.util.Map;

/**
 * A protocol family; AF_ in linux/socket.h.
 *
 * @param value the kernel's number
 */
public record AddressFamily(int value) implements NamedValue {
    static final Names NAMES = Names.of(Map.of(0L, "unspec", 2L, "inet", 7L, "bridge", 10L, "inet6"));

    /** Any. */
    public static final AddressFamily UNSPEC = new AddressFamily(0);

    /** IPv4. */
    public static final AddressFamily INET = new AddressFamily(2);

    /** IPv6. */
    public static final AddressFamily INET6 = new AddressFamily(10);

    /** Returns the family of {@code address}. */
    public static AddressFamily of(IpAddress address) {
        return address.isIpv6() ? INET6 : INET;
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
