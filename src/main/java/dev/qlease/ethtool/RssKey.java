package dev.qlease.ethtool;

import java.util.Arrays;
import java.util.HexFormat;

/** The secret key of a device's hash. Immutable. */
public final class RssKey {
    private static final HexFormat COLONS = HexFormat.ofDelimiter(":");

    private final byte[] bytes;

    private RssKey(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * The key of these bytes, copied.
     *
     * @throws IllegalArgumentException if there are none
     */
    public static RssKey of(byte... bytes) {
        if (bytes.length == 0) {
            throw new IllegalArgumentException("a key of no bytes");
        }
        return new RssKey(bytes.clone());
    }

    /**
     * The key that {@code text} shows: pairs of hexadecimal digits with colons between.
     *
     * @throws IllegalArgumentException if it shows none
     */
    public static RssKey parse(String text) {
        byte[] bytes;
        try {
            bytes = COLONS.parseHex(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not a key such as 6d:5a:56: '" + text + "'", e);
        }
        return of(bytes);
    }

    /** A copy of its bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** How many bytes it has: what the device wants. */
    public int length() {
        return bytes.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RssKey key && Arrays.equals(bytes, key.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Such as {@code 6d:5a:56}, as ethtool(8) shows it. */
    @Override
    public String toString() {
        return COLONS.formatHex(bytes);
    }
}
