package dev.qlease.metrics;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * How fast counters grow, per second. Empty if it is not known: a counter that was not read twice, or was reset in
 * between.
 *
 * @param rxPackets packets received
 * @param rxBytes bytes of these
 * @param txPackets packets sent
 * @param txBytes bytes of these
 * @param allocFail buffers that could not be allocated
 * @param drops packets dropped
 * @param allocations pages, or pieces of a dma-buf, that a page pool handed out
 */
public record Rate(
        Optional<Double> rxPackets,
        Optional<Double> rxBytes,
        Optional<Double> txPackets,
        Optional<Double> txBytes,
        Optional<Double> allocFail,
        Optional<Double> drops,
        Optional<Double> allocations) {
    /** Not known. */
    public static final Rate UNKNOWN = new Rate(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    private static final double SECOND = 1e9;
    private static final double DIGITS = 1e3;

    /**
     * Returns the rate between two readings of the same object. If any counter has become smaller, they all start anew:
     * whatever was reset or replaced, the growth of its other counters since then is not known either.
     *
     * @param nanos the time between the readings
     */
    static Rate between(Counters before, Counters now, long nanos) {
        if (nanos <= 0 || isReset(before, now)) {
            return UNKNOWN;
        }
        return new Rate(
                rate(before.rxPackets(), now.rxPackets(), nanos),
                rate(before.rxBytes(), now.rxBytes(), nanos),
                rate(before.txPackets(), now.txPackets(), nanos),
                rate(before.txBytes(), now.txBytes(), nanos),
                rate(before.allocFail(), now.allocFail(), nanos),
                rate(before.drops(), now.drops(), nanos),
                rate(before.allocations(), now.allocations(), nanos));
    }

    private static boolean isReset(Counters before, Counters now) {
        return isSmaller(before.rxPackets(), now.rxPackets())
                || isSmaller(before.rxBytes(), now.rxBytes())
                || isSmaller(before.txPackets(), now.txPackets())
                || isSmaller(before.txBytes(), now.txBytes())
                || isSmaller(before.allocFail(), now.allocFail())
                || isSmaller(before.drops(), now.drops())
                || isSmaller(before.allocations(), now.allocations());
    }

    private static boolean isSmaller(OptionalLong before, OptionalLong now) {
        return before.isPresent() && now.isPresent() && Long.compareUnsigned(now.getAsLong(), before.getAsLong()) < 0;
    }

    private static Optional<Double> rate(OptionalLong before, OptionalLong now, long nanos) {
        if (before.isEmpty() || now.isEmpty()) {
            return Optional.empty();
        }
        double growth = unsigned(now.getAsLong() - before.getAsLong());
        return Optional.of(Math.rint(growth / nanos * SECOND * DIGITS) / DIGITS);
    }

    /** Returns {@code number}, which is unsigned, to the precision of a double. */
    public static double unsigned(long number) {
        return number >= 0 ? number : (number >>> 1) * 2.0;
    }
}
