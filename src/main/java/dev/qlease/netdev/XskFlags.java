package dev.qlease.netdev;

import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * A device's support for AF_XDP senders; enum netdev_xsk_flags.
 *
 * @param bits the kernel's mask
 */
public record XskFlags(long bits) implements NamedValue {
    static final Names NAMES = Names.ofBits("tx-timestamp", "tx-checksum", "tx-launch-time-fifo");

    /** Timestamps of sent frames. */
    public static final XskFlags TX_TIMESTAMP = new XskFlags(1L << 0);

    /** Checksums. */
    public static final XskFlags TX_CHECKSUM = new XskFlags(1L << 1);

    /** Sending at a given time, in order. */
    public static final XskFlags TX_LAUNCH_TIME_FIFO = new XskFlags(1L << 2);

    /** Returns whether all of {@code flags} are set. */
    public boolean has(XskFlags flags) {
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
