package dev.qlease.netlink;

import java.lang.foreign.MemorySegment;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * An IPv4 or IPv6 address. Immutable. Unlike {@link InetAddress} it never looks up names, and it distinguishes an
 * IPv4-mapped IPv6 address (::ffff:192.0.2.1) from that IPv4 address, as the kernel does.
 */
public final class IpAddress {
    private static final int IPV4 = 4;
    private static final int IPV6 = 16;
    private static final Pattern IPV4_TEXT = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    /** In the dotted form: inet_aton(3) reads 010 as 8, inet_pton(3) not at all. */
    private static final Pattern LEADING_ZERO = Pattern.compile("(^|[.:])0\\d+(?=\\.)|\\.0\\d+$");

    private static final Pattern IPV6_TEXT = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");
    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

    private final byte[] bytes;

    private IpAddress(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Returns the address with these bytes, in network order.
     *
     * @throws IllegalArgumentException unless there are 4 or 16
     */
    public static IpAddress of(byte... bytes) {
        if (bytes.length != IPV4 && bytes.length != IPV6) {
            throw new IllegalArgumentException("an IP address has 4 or 16 bytes, not " + bytes.length);
        }
        return new IpAddress(bytes.clone());
    }

    /**
     * Returns the address in {@code bytes}, which are copied.
     *
     * @throws MalformedMessageException unless there are 4 or 16
     */
    public static IpAddress of(MemorySegment bytes) {
        if (bytes.byteSize() != IPV4 && bytes.byteSize() != IPV6) {
            throw new MalformedMessageException("IP address", "4 or 16 bytes, not " + bytes.byteSize());
        }
        return new IpAddress(Received.copy(bytes));
    }

    /** Returns the same address. */
    public static IpAddress of(InetAddress address) {
        return new IpAddress(address.getAddress());
    }

    /**
     * Parses an address: four decimal numbers separated by dots, or RFC 4291's forms of an IPv6 address without a zone.
     *
     * @throws IllegalArgumentException if {@code text} is neither
     */
    public static IpAddress parse(String text) {
        if (LEADING_ZERO.matcher(text).find()) {
            throw new IllegalArgumentException(
                    "not an IP address: " + text + ": numbers with a leading zero are octal to some programs");
        }
        boolean ipv6 = IPV6_TEXT.matcher(text).matches();
        if (!ipv6 && !IPV4_TEXT.matcher(text).matches()) {
            throw new IllegalArgumentException("not an IP address: " + text);
        }
        byte[] bytes;
        try {
            bytes = InetAddress.ofLiteral(text).getAddress();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not an IP address: " + text, e);
        }
        return new IpAddress(ipv6 && bytes.length == IPV4 ? mapped(bytes) : bytes);
    }

    private static byte[] mapped(byte[] ipv4) {
        byte[] bytes = Arrays.copyOf(MAPPED, IPV6);
        System.arraycopy(ipv4, 0, bytes, MAPPED.length, IPV4);
        return bytes;
    }

    /** Returns whether it is an IPv6 address; else it is an IPv4 address. */
    public boolean isIpv6() {
        return bytes.length == IPV6;
    }

    /** Returns its length in bits: 32 or 128. */
    public int bits() {
        return bytes.length * Byte.SIZE;
    }

    /** Returns a copy of its bytes, in network order. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** Returns the same address for the JDK's sockets, without a zone. */
    public InetAddress toInetAddress() {
        try {
            return isIpv6() ? Inet6Address.getByAddress(null, bytes, -1) : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are an address", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof IpAddress address && Arrays.equals(bytes, address.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Returns the text form that the kernel's tools use; for IPv6 that of RFC 5952. */
    @Override
    public String toString() {
        if (!isIpv6()) {
            return dotted(0);
        }
        if (Arrays.equals(bytes, 0, MAPPED.length, MAPPED, 0, MAPPED.length)) {
            return "::ffff:" + dotted(MAPPED.length);
        }
        int start = longestZeros();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < IPV6 / 2; i++) {
            if (i == start) {
                text.append("::");
                i += zerosFrom(i) - 1;
            } else {
                text.append(text.isEmpty() || text.charAt(text.length() - 1) == ':' ? "" : ":")
                        .append(Integer.toHexString(group(i)));
            }
        }
        return text.toString();
    }

    private String dotted(int at) {
        StringBuilder text = new StringBuilder();
        for (int i = at; i < at + IPV4; i++) {
            text.append(i == at ? "" : ".").append(Byte.toUnsignedInt(bytes[i]));
        }
        return text.toString();
    }

    private int group(int index) {
        return Byte.toUnsignedInt(bytes[2 * index]) << Byte.SIZE | Byte.toUnsignedInt(bytes[2 * index + 1]);
    }

    private int zerosFrom(int index) {
        int end = index;
        while (end < IPV6 / 2 && group(end) == 0) {
            end++;
        }
        return end - index;
    }

    /** Returns the start of the first of the longest runs of two or more zeros; -1 if there is none. */
    private int longestZeros() {
        int best = -1;
        int length = 1;
        for (int i = 0; i < IPV6 / 2; i++) {
            if (zerosFrom(i) > length) {
                best = i;
                length = zerosFrom(i);
            }
        }
        return best;
    }
}
