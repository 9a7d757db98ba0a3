package dev.qlease.rtnetlink;

import dev.qlease.netlink.IpAddress;
import org.jspecify.annotations.Nullable;

/**
 * An address and how many of its leading bits its network has: {@code 10.0.0.1/24}.
 *
 * @param address the address, whose other bits need not be 0
 * @param length 0 to the address's {@link IpAddress#bits()}
 */
public record IpPrefix(IpAddress address, int length) {
    /** All IPv4 addresses: the destination of a default route. */
    public static final IpPrefix ALL_IPV4 = parse("0.0.0.0/0");

    /** All IPv6 addresses: the destination of a default route. */
    public static final IpPrefix ALL_IPV6 = parse("::/0");

    /** Checks the length. */
    public IpPrefix {
        if (length < 0 || length > address.bits()) {
            throw new IllegalArgumentException(
                    "a prefix of " + address + " is 0 to " + address.bits() + " bits long, not " + length);
        }
    }

    /** This address alone. */
    public static IpPrefix of(IpAddress address) {
        return new IpPrefix(address, address.bits());
    }

    /**
     * The prefix that {@code text} shows, such as {@code 10.0.0.1/24} or {@code fd00::/64}; an address without a slash
     * stands for itself alone.
     *
     * @throws IllegalArgumentException if it shows none
     */
    public static IpPrefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return of(IpAddress.parse(text));
        }
        String length = text.substring(slash + 1);
        if (!length.matches("[0-9]{1,3}")) {
            throw new IllegalArgumentException("not a prefix such as 10.0.0.1/24: " + text);
        }
        return new IpPrefix(IpAddress.parse(text.substring(0, slash)), Integer.parseInt(length));
    }

    /** The network: the same prefix with all other bits 0. */
    public IpPrefix network() {
        byte[] bytes = address.bytes();
        for (int bit = length; bit < address.bits(); bit++) {
            bytes[bit / Byte.SIZE] &= (byte) ~(0x80 >> bit % Byte.SIZE);
        }
        return new IpPrefix(IpAddress.of(bytes), length);
    }

    /** Whether {@code other} has the same leading bits. */
    public boolean contains(IpAddress other) {
        return other.bits() == address.bits()
                && new IpPrefix(other, length).network().equals(network());
    }

    /** Written out, as hashCode(): what Java makes a record's of takes a process longer that has just started. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof IpPrefix prefix && prefix.length == length && prefix.address.equals(address);
    }

    @Override
    public int hashCode() {
        return 31 * length + address.hashCode();
    }

    /** Such as {@code 10.0.0.1/24}. */
    @Override
    public String toString() {
        return address + "/" + length;
    }
}
