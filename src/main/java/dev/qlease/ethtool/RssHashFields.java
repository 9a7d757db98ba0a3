package dev.qlease.ethtool;

import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;
import java.util.Map;

/**
 * The fields of a packet that a device hashes; RXH_ in linux/ethtool.h.
 *
 * @param value the kernel's number
 */
public record RssHashFields(int value) implements NamedValue {
    /** The first bit is unused; bit 31, which means that such packets are dropped, is far from the others. */
    static final Names NAMES = Names.ofMasks(Map.ofEntries(
            Map.entry(1L << 1, "l2da"),
            Map.entry(1L << 2, "vlan"),
            Map.entry(1L << 3, "l3-proto"),
            Map.entry(1L << 4, "ip-src"),
            Map.entry(1L << 5, "ip-dst"),
            Map.entry(1L << 6, "l4-b-0-1"),
            Map.entry(1L << 7, "l4-b-2-3"),
            Map.entry(1L << 8, "gtp-teid"),
            Map.entry(1L << 9, "ip6-fl"),
            Map.entry(1L << 31, "discard")));

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
