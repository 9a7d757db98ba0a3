package dev.qlease.netdev;

import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;
import org.jspecify.annotations.Nullable;

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

    /** Returns the type with this number: the constant, if there is one. */
    static QueueType of(int value) {
        return value == RX.value ? RX : value == TX.value ? TX : new QueueType(value);
    }

    /** Written by hand, like hashCode(): the methods that Java generates for records slow down a starting process. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof QueueType type && type.value == value;
    }

    @Override
    public int hashCode() {
        return value;
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
