package dev.qlease.metrics;

import dev.qlease.lease.LeaseInfo;
import dev.qlease.netdev.PagePool;
import dev.qlease.netdev.PagePoolStats;
import dev.qlease.netdev.QStats;
import dev.qlease.netdev.Queue;
import dev.qlease.rtnetlink.Link;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;

/**
 * The state of leases, queues and page pools in one network namespace, read at about the same time. Immutable.
 *
 * @param time when reading it began
 * @param took how long reading it took
 * @param ifindex the only device that was asked for; empty for all
 * @param links the links
 * @param queues the queues
 * @param queueStats the drivers' counters of queues
 * @param deviceStats the drivers' counters of devices
 * @param pagePools the page pools
 * @param pagePoolStats the counters of page pools
 * @param leases the leases
 * @param guests the counters of the guests' devices
 */
public record Sample(
        Instant time,
        Duration took,
        OptionalInt ifindex,
        Part<Link> links,
        Part<Queue> queues,
        Part<QStats> queueStats,
        Part<QStats> deviceStats,
        Part<PagePool> pagePools,
        Part<PagePoolStats> pagePoolStats,
        Part<LeaseInfo> leases,
        Part<GuestCounters> guests) {
    /** Returns all parts. */
    public List<Part<?>> parts() {
        return List.of(links, queues, queueStats, deviceStats, pagePools, pagePoolStats, leases, guests);
    }
}
