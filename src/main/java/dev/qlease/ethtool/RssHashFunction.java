package dev.qlease.ethtool;

import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;
import java.util.Map;

/**
 * The hash function for received packets, one bit; string set ETH_SS_RSS_HASH_FUNCS.
 *
 * @param value the kernel's number
 */
public record RssHashFunction(int value) implements NamedValue {
    static final Names NAMES = Names.of(Map.of(1L, "toeplitz", 2L, "xor", 4L, "crc32"));

    /** The Toeplitz hash. */
    public static final RssHashFunction TOEPLITZ = new RssHashFunction(1);

    /** Exclusive or. */
    public static final RssHashFunction XOR = new RssHashFunction(2);

    /** A cyclic redundancy check. */
    public static final RssHashFunction CRC32 = new RssHashFunction(4);

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
