package dev.qlease.netdev;

import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * Receive or transmit; enum netdev_queue_type.
 *
 * @param value the kernel's number
 */
public record QueueType(int value) implements NamedValue {
    static final Names NAMES = Names.of("rx", "tx");

    /** Receive. */
    public static final QueueType RX = new QueueType(0);

    /** Transmit. */
    public static final QueueType TX = new QueueType(1);

    /** The type of this number: the constant, where there is one. */
    static QueueType of(int value) {
        return value == RX.value ? RX : value == TX.value ? TX : new QueueType(value);
    }

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
