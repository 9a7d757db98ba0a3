package dev.qlease.netlink;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;

/** The address of a link in its own medium: the six bytes of Ethernet, or however many it has. Immutable. */
public final class HardwareAddress {
    private static final HexFormat TEXT = HexFormat.ofDelimiter(":");

    private final byte[] bytes;

    private HardwareAddress(byte[] bytes) {
        this.bytes = bytes;
    }

    /** The address of these bytes. */
    public static HardwareAddress of(byte... bytes) {
        return new HardwareAddress(bytes.clone());
    }

    /** The address in {@code bytes}, copied. */
    public static HardwareAddress of(MemorySegment bytes) {
        return new HardwareAddress(bytes.toArray(ValueLayout.JAVA_BYTE));
    }

    /**
     * The address that {@code text} shows, such as {@code 02:00:5e:10:00:01}.
     *
     * @throws IllegalArgumentException if it is not pairs of hexadecimal digits with colons between
     */
    public static HardwareAddress parse(String text) {
        try {
            return new HardwareAddress(TEXT.parseHex(text));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not a hardware address such as 02:00:5e:10:00:01: " + text, e);
        }
    }

    /** Its bytes, a copy. */
    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HardwareAddress address && Arrays.equals(bytes, address.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Pairs of hexadecimal digits with colons between. */
    @Override
    public String toString() {
        return TEXT.formatHex(bytes);
    }
}
