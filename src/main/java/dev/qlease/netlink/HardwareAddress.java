package dev.qlease.netlink;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;

/** The link-layer address of a link: six bytes for Ethernet, other lengths for other types. Immutable. */
public final class HardwareAddress {
    private static final HexFormat TEXT = HexFormat.ofDelimiter(":");

    private final byte[] bytes;

    private HardwareAddress(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Returns the address with these bytes. */
    public static HardwareAddress of(byte... bytes) {
        return new HardwareAddress(bytes.clone());
    }

    /** Returns the address in {@code bytes}, which are copied. */
    public static HardwareAddress of(MemorySegment bytes) {
        return new HardwareAddress(Received.copy(bytes));
    }

    /**
     * Parses an address such as {@code 02:00:5e:10:00:01}.
     *
     * @throws IllegalArgumentException if {@code text} is not pairs of hexadecimal digits separated by colons
     */
    public static HardwareAddress parse(String text) {
        try {
            return new HardwareAddress(TEXT.parseHex(text));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not a hardware address such as 02:00:5e:10:00:01: " + text, e);
        }
    }

    /** Returns a copy of its bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** Returns whether all its bytes are 0, as of a device that has no address. */
    public boolean isZero() {
        return Arrays.equals(bytes, new byte[bytes.length]);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HardwareAddress address && Arrays.equals(bytes, address.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Returns pairs of hexadecimal digits separated by colons. */
    @Override
    public String toString() {
        return TEXT.formatHex(bytes);
    }
}
