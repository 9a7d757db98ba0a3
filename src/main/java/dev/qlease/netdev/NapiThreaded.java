package dev.qlease.netdev;

import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * Whether a NAPI instance polls in a thread of its own; enum netdev_napi_threaded.
 *
 * @param value the kernel's number
 */
public record NapiThreaded(int value) implements NamedValue {
    static final Names NAMES = Names.of("disabled", "enabled", "busy-poll");

    /** Polls in softirq context. */
    public static final NapiThreaded DISABLED = new NapiThreaded(0);

    /** Polls in a kernel thread. */
    public static final NapiThreaded ENABLED = new NapiThreaded(1);

    /** Polls in a kernel thread that never sleeps. */
    public static final NapiThreaded BUSY_POLL = new NapiThreaded(2);

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
