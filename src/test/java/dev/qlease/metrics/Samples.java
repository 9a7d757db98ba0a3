package dev.qlease.metrics;

import dev.qlease.fixture.Records;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeasedQueue;
import dev.qlease.lease.Redirect;
import dev.qlease.netdev.Lease;
import dev.qlease.netdev.PagePool;
import dev.qlease.netdev.PagePoolStats;
import dev.qlease.netdev.PagePoolStats.PagePoolInfo;
import dev.qlease.netdev.QStats;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueId;
import dev.qlease.netdev.QueueType;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkStats;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Samples of machines that do not exist. */
public final class Samples {
    public final List<Link> links = new ArrayList<>();
    public final List<Queue> queues = new ArrayList<>();
    public final List<QStats> queueStats = new ArrayList<>();
    public final List<QStats> deviceStats = new ArrayList<>();
    public final List<PagePool> pools = new ArrayList<>();
    public final List<PagePoolStats> poolStats = new ArrayList<>();
    public final List<LeaseInfo> leases = new ArrayList<>();
    public final List<GuestCounters> guests = new ArrayList<>();
    private long nanos;
    private Part.Outcome stats = Part.Outcome.READ;

    /** Has it read at this time. */
    public Samples at(long seconds) {
        nanos = seconds * 1_000_000_000;
        return this;
    }

    /** Has the counters of queues end so. */
    public Samples stats(Part.Outcome outcome) {
        stats = outcome;
        return this;
    }

    /** Adds a device with a permanent name of its parent. */
    public Samples device(int ifindex, String name, String parent) {
        links.add(Records.of(
                Link.class, Map.of("ifindex", ifindex, "ifname", name, "parentDevName", Optional.of(parent))));
        return this;
    }

    /** Adds a receive queue with its counters. */
    public Samples queue(int ifindex, int id, long packets, long bytes, long allocFail) {
        queues.add(Records.of(Queue.class, Map.of("ifindex", ifindex, "id", id, "type", QueueType.RX)));
        queueStats.add(Records.of(
                QStats.class,
                Map.of(
                        "ifindex",
                        ifindex,
                        "queueType",
                        Optional.of(QueueType.RX),
                        "queueId",
                        OptionalInt.of(id),
                        "rxPackets",
                        OptionalLong.of(packets),
                        "rxBytes",
                        OptionalLong.of(bytes),
                        "rxAllocFail",
                        OptionalLong.of(allocFail))));
        return this;
    }

    /** Adds a receive queue that is bound to a dma-buf, and its page pool. */
    public Samples bound(int ifindex, int id, int binding, long inflight) {
        queues.add(Records.of(
                Queue.class,
                Map.of("ifindex", ifindex, "id", id, "type", QueueType.RX, "dmabuf", OptionalInt.of(binding))));
        pools.add(Records.of(
                PagePool.class,
                Map.of(
                        "id",
                        100L + id,
                        "ifindex",
                        OptionalInt.of(ifindex),
                        "dmabuf",
                        OptionalInt.of(binding),
                        "inflight",
                        inflight,
                        "inflightMem",
                        inflight * 4096)));
        poolStats.add(Records.of(
                PagePoolStats.class,
                Map.of(
                        "info",
                        new PagePoolInfo(100L + id, OptionalInt.of(ifindex)),
                        "allocFast",
                        OptionalLong.of(5),
                        "allocSlow",
                        OptionalLong.of(inflight))));
        return this;
    }

    /** Adds a leased receive queue. */
    public Samples leased(int ifindex, int id) {
        queues.add(Records.of(
                Queue.class,
                Map.of(
                        "ifindex",
                        ifindex,
                        "id",
                        id,
                        "type",
                        QueueType.RX,
                        "lease",
                        Optional.of(new Lease(9, QueueId.rx(1), OptionalInt.of(3))))));
        return this;
    }

    /** Adds a lease with the packets of its guest and of its guard. */
    public Samples lease(String name, String id, long packets, Map<String, Long> dropped) {
        leases.add(Records.of(
                LeaseInfo.class,
                Map.of(
                        "name",
                        name,
                        "id",
                        id,
                        "status",
                        LeaseInfo.Status.READY,
                        "nic",
                        "eth0",
                        "netns",
                        "/run/netns/" + name,
                        "guest",
                        "nk0",
                        "queues",
                        List.of(new LeasedQueue(3, 1)),
                        "redirect",
                        Redirect.BPF,
                        "mode",
                        "l2",
                        "dropped",
                        dropped)));
        guests.add(new GuestCounters(
                id, Records.of(LinkStats.class, Map.of("rxPackets", packets, "rxBytes", packets * 100))));
        return this;
    }

    /** Makes the sample. */
    public Sample make() {
        return new Sample(
                Instant.EPOCH.plusNanos(nanos),
                Duration.ofMillis(12),
                OptionalInt.empty(),
                part(Source.LINKS, links),
                part(Source.QUEUES, queues),
                new Part<>(Source.QUEUE_STATS, nanos, queueStats, stats, Optional.empty()),
                part(Source.DEVICE_STATS, deviceStats),
                part(Source.PAGE_POOLS, pools),
                part(Source.PAGE_POOL_STATS, poolStats),
                part(Source.LEASES, leases),
                part(Source.GUESTS, guests));
    }

    private <T> Part<T> part(Source source, List<T> records) {
        return new Part<>(source, nanos, records, Part.Outcome.READ, Optional.empty());
    }
}
