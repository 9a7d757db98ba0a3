package dev.qlease.netdev;

import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * The metadata of a received frame that XDP programs can read; enum netdev_xdp_rx_metadata.
 *
 * @param bits the kernel's mask
 */
public record XdpRxMetadata(long bits) implements NamedValue {
    static final Names NAMES = Names.ofBits("timestamp", "hash", "vlan-tag");

    /** The time of arrival by the hardware clock. */
    public static final XdpRxMetadata TIMESTAMP = new XdpRxMetadata(1L << 0);

    /** The RSS hash. */
    public static final XdpRxMetadata HASH = new XdpRxMetadata(1L << 1);

    /** The VLAN tag. */
    public static final XdpRxMetadata VLAN_TAG = new XdpRxMetadata(1L << 2);

    /** Returns whether all of {@code flags} are set. */
    public boolean has(XdpRxMetadata flags) {
        return (bits & flags.bits) == flags.bits;
    }

    @Override
    public long number() {
        return bits;
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
