package dev.qlease.rtnetlink;

import dev.qlease.netlink.IpAddress;
import org.jspecify.annotations.Nullable;

/**
 * An address and the length of its network's prefix: {@code 10.0.0.1/24}.
 *
 * @param address the address, whose bits after the prefix need not be 0
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

    /** Returns the prefix that contains this address only. */
    public static IpPrefix of(IpAddress address) {
        return new IpPrefix(address, address.bits());
    }

    /**
     * Parses a prefix such as {@code 10.0.0.1/24} or {@code fd00::/64}; an address without a slash is a prefix of its
     * full length.
     *
     * @throws IllegalArgumentException if {@code text} is neither
     */
    public static IpPrefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return of(IpAddress.parse(text));
        }
        String length = text.substring(slash + 1);
        if (!length.matches("0|[1-9][0-9]{0,2}")) {
            throw new IllegalArgumentException("not a prefix such as 10.0.0.1/24: " + text);
        }
        return new IpPrefix(IpAddress.parse(text.substring(0, slash)), Integer.parseInt(length));
    }

    /** Returns the network: the same prefix with all other bits 0. */
    public IpPrefix network() {
        byte[] bytes = address.bytes();
        for (int bit = length; bit < address.bits(); bit++) {
            bytes[bit / Byte.SIZE] &= (byte) ~(0x80 >> bit % Byte.SIZE);
        }
        return new IpPrefix(IpAddress.of(bytes), length);
    }

    /** Returns whether {@code other} has the same leading bits. */
    public boolean contains(IpAddress other) {
        return other.bits() == address.bits()
                && new IpPrefix(other, length).network().equals(network());
    }

    /** Written by hand, like hashCode(): the methods that Java generates for records slow down a starting process. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof IpPrefix prefix && prefix.length == length && prefix.address.equals(address);
    }

    @Override
    public int hashCode() {
        return 31 * length + address.hashCode();
    }

    /** Returns text such as {@code 10.0.0.1/24}. */
    @Override
    public String toString() {
        return address + "/" + length;
    }
}
