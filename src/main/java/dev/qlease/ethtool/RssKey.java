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
     * Returns the key with these bytes, which are copied.
     *
     * @throws IllegalArgumentException if there are none
     */
    public static RssKey of(byte... bytes) {
        if (bytes.length == 0) {
            throw new IllegalArgumentException("a key has at least 1 byte");
        }
        return new RssKey(bytes.clone());
    }

    /**
     * Parses a key: pairs of hexadecimal digits separated by colons.
     *
     * @throws IllegalArgumentException if {@code text} is not of that form
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

    /** Returns a copy of the key's bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** Returns the number of bytes, which the device determines. */
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

    /** Returns the key in ethtool(8)'s form, such as {@code 6d:5a:56}. */
    @Override
    public String toString() {
        return COLONS.formatHex(bytes);
    }
}
