package dev.qlease.metrics;

import dev.qlease.lease.LeaseInfo;
import dev.qlease.netdev.PagePoolStats;
import dev.qlease.netdev.QStats;
import dev.qlease.rtnetlink.LinkStats;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The counters of a row, which only grow until the object that they count for is reset or replaced. Unsigned; empty if
 * nothing counts them.
 *
 * @param rxPackets packets received
 * @param rxBytes bytes of these
 * @param txPackets packets sent
 * @param txBytes bytes of these
 * @param allocFail buffers that could not be allocated
 * @param drops packets dropped: by the guard of a lease, or by the device
 * @param allocations pages, or pieces of a dma-buf, that a page pool handed out
 */
public record Counters(
        OptionalLong rxPackets,
        OptionalLong rxBytes,
        OptionalLong txPackets,
        OptionalLong txBytes,
        OptionalLong allocFail,
        OptionalLong drops,
        OptionalLong allocations) {
    private static final OptionalLong UNKNOWN = OptionalLong.empty();

    /** Counts nothing. */
    static final Counters NONE = new Counters(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN);

    /** Returns the counters of a queue or device; null if its driver keeps none. */
    static Counters of(@Nullable QStats stats) {
        if (stats == null) {
            return NONE;
        }
        return new Counters(
                stats.rxPackets(),
                stats.rxBytes(),
                stats.txPackets(),
                stats.txBytes(),
                stats.rxAllocFail(),
                sum(stats.rxHwDrops(), stats.txHwDrops()),
                UNKNOWN);
    }

    /** Returns the counters of a lease; null if those of its guest's device cannot be read. */
    static Counters of(LeaseInfo lease, @Nullable LinkStats guest) {
        OptionalLong drops = lease.dropped().isEmpty()
                ? UNKNOWN
                : OptionalLong.of(
                        lease.dropped().values().stream().mapToLong(n -> n).sum());
        return guest == null
                ? new Counters(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, drops, UNKNOWN)
                : new Counters(
                        OptionalLong.of(guest.rxPackets()),
                        OptionalLong.of(guest.rxBytes()),
                        OptionalLong.of(guest.txPackets()),
                        OptionalLong.of(guest.txBytes()),
                        UNKNOWN,
                        drops,
                        UNKNOWN);
    }

    /** Returns the counters of a page pool; null if the kernel keeps none. */
    static Counters of(@Nullable PagePoolStats stats) {
        if (stats == null) {
            return NONE;
        }
        OptionalLong allocations = sum(stats.allocFast(), stats.allocSlow(), stats.allocSlowHighOrder());
        return new Counters(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, allocations);
    }

    /** Returns the sum of the counters that are kept; empty if none is. */
    private static OptionalLong sum(OptionalLong... counters) {
        return Stream.of(counters).filter(OptionalLong::isPresent).anyMatch(_ -> true)
                ? OptionalLong.of(
                        Stream.of(counters).mapToLong(c -> c.orElse(0)).sum())
                : UNKNOWN;
    }
}
