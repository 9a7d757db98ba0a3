package dev.qlease.metrics;

import dev.qlease.bpf.DropReason;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.netdev.PagePoolStats;
import dev.qlease.netdev.QStats;
import dev.qlease.netdev.QueueType;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;

/** Turns samples into metrics of Prometheus. Thread-safe. */
public final class Exposition {
    private static final Map<String, String> REASONS = reasons();

    private final String version;
    private final UnaryOperator<String> escaping;

    /**
     * @param version the version of qlease
     * @param escaping escapes the names that the kernel or files have given: they need not be valid text, nor fit for a
     *     terminal. No two names may become alike
     */
    public Exposition(String version, UnaryOperator<String> escaping) {
        this.version = version;
        this.escaping = escaping;
    }

    /** Returns the metrics of {@code sample}. A metric without any series is left out. */
    public MetricSnapshots of(Sample sample) {
        Series series = new Series(escaping);
        series.add(Metric.BUILD, 1, version);
        scrape(sample, series);
        Rows rows = Rows.of(sample);
        rows.leases().forEach(row -> lease(row, series));
        devices(sample, rows, series);
        rows.queues().forEach(row -> queue(row, series));
        rows.bindings().forEach(row -> binding(row, series));
        rows.pools().forEach(row -> pool(row, series));
        return series.snapshots();
    }

    private static void scrape(Sample sample, Series series) {
        series.add(Metric.SCRAPE_DURATION, sample.took().toNanos() / 1e9);
        for (Part<?> part : sample.parts()) {
            String name = part.source().text();
            series.add(Metric.SCRAPE_ERROR, part.failed() ? 1 : 0, name);
            series.add(Metric.SCRAPE_UNSUPPORTED, part.outcome() == Part.Outcome.UNSUPPORTED ? 1 : 0, name);
        }
    }

    private static void lease(Row.OfLease row, Series series) {
        LeaseInfo info = row.info();
        String lease = info.name();
        series.add(
                Metric.LEASE,
                1,
                lease,
                info.id(),
                info.nic(),
                info.netns(),
                info.guest(),
                info.redirect().text(),
                info.mode());
        for (LeaseInfo.Status status : LeaseInfo.Status.values()) {
            series.add(Metric.LEASE_STATUS, status == info.status() ? 1 : 0, lease, status.text());
        }
        series.add(Metric.LEASE_QUEUES, info.queues().size(), lease);
        series.add(Metric.LEASE_PROBLEMS, info.problems().size(), lease);
        Counters counters = row.counters();
        series.add(Metric.LEASE_RECEIVE_PACKETS, counters.rxPackets(), lease);
        series.add(Metric.LEASE_RECEIVE_BYTES, counters.rxBytes(), lease);
        series.add(Metric.LEASE_TRANSMIT_PACKETS, counters.txPackets(), lease);
        series.add(Metric.LEASE_TRANSMIT_BYTES, counters.txBytes(), lease);
        info.dropped()
                .forEach((reason, packets) -> series.add(
                        Metric.LEASE_DROPPED_PACKETS,
                        OptionalLong.of(packets),
                        lease,
                        REASONS.getOrDefault(reason, reason)));
    }

    private static Map<String, String> reasons() {
        Map<String, String> reasons = new HashMap<>();
        for (DropReason reason : DropReason.values()) {
            reasons.put(reason.text(), reason.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        }
        return reasons;
    }

    private static void devices(Sample sample, Rows rows, Series series) {
        Map<Integer, Device> devices = Rows.devices(sample);
        for (Row.OfQueue row : rows.queues()) {
            for (Row.OfQueue.State state : Row.OfQueue.State.values()) {
                series.count(
                        Metric.DEVICE_QUEUES,
                        state == row.state() ? 1 : 0,
                        row.device().label(),
                        row.queue().type().text(),
                        state.name().toLowerCase(Locale.ROOT));
            }
        }
        for (QStats stats : sample.deviceStats().records()) {
            String device = Rows.device(devices, stats.ifindex()).label();
            series.add(Metric.DEVICE_PACKETS, stats.rxPackets(), device, QueueType.RX.text());
            series.add(Metric.DEVICE_PACKETS, stats.txPackets(), device, QueueType.TX.text());
            series.add(Metric.DEVICE_BYTES, stats.rxBytes(), device, QueueType.RX.text());
            series.add(Metric.DEVICE_BYTES, stats.txBytes(), device, QueueType.TX.text());
            series.add(Metric.DEVICE_DROPPED_PACKETS, stats.rxHwDrops(), device, QueueType.RX.text());
            series.add(Metric.DEVICE_DROPPED_PACKETS, stats.txHwDrops(), device, QueueType.TX.text());
            series.add(Metric.DEVICE_ALLOC_FAILURES, stats.rxAllocFail(), device);
        }
    }

    private static void queue(Row.OfQueue row, Series series) {
        Counters counters = row.counters();
        QueueType type = row.queue().type();
        String device = row.device().label();
        String id = Integer.toString(row.queue().id());
        boolean receives = type.equals(QueueType.RX);
        series.add(
                Metric.QUEUE_PACKETS, receives ? counters.rxPackets() : counters.txPackets(), device, type.text(), id);
        series.add(Metric.QUEUE_BYTES, receives ? counters.rxBytes() : counters.txBytes(), device, type.text(), id);
        series.add(Metric.QUEUE_DROPPED_PACKETS, counters.drops(), device, type.text(), id);
        series.add(Metric.QUEUE_ALLOC_FAILURES, counters.allocFail(), device, id);
    }

    private static void binding(Row.OfBinding row, Series series) {
        String device = row.device().label();
        String id = Integer.toUnsignedString(row.id());
        series.add(Metric.BINDING_QUEUES, row.queues().size(), device, id);
        series.add(Metric.BINDING_INFLIGHT_FRAGMENTS, row.inflight(), device, id);
        series.add(Metric.BINDING_INFLIGHT_BYTES, row.inflightMem(), device, id);
    }

    private static void pool(Row.OfPool row, Series series) {
        String device = row.device().label();
        String id = Long.toUnsignedString(row.pool().id());
        series.add(Metric.PAGE_POOL_INFLIGHT_FRAGMENTS, Rate.unsigned(row.pool().inflight()), device, id);
        series.add(Metric.PAGE_POOL_INFLIGHT_BYTES, Rate.unsigned(row.pool().inflightMem()), device, id);
        row.stats()
                .ifPresent(stats -> events(stats)
                        .forEach((event, count) -> series.add(Metric.PAGE_POOL_EVENTS, count, device, id, event)));
    }

    private static Map<String, OptionalLong> events(PagePoolStats stats) {
        Map<String, OptionalLong> events = new LinkedHashMap<>();
        events.put("alloc-fast", stats.allocFast());
        events.put("alloc-slow", stats.allocSlow());
        events.put("alloc-slow-high-order", stats.allocSlowHighOrder());
        events.put("alloc-empty", stats.allocEmpty());
        events.put("alloc-refill", stats.allocRefill());
        events.put("alloc-waive", stats.allocWaive());
        events.put("recycle-cached", stats.recycleCached());
        events.put("recycle-cache-full", stats.recycleCacheFull());
        events.put("recycle-ring", stats.recycleRing());
        events.put("recycle-ring-full", stats.recycleRingFull());
        events.put("recycle-released-refcnt", stats.recycleReleasedRefcnt());
        return events;
    }

    /** The series of an exposition. Of two with the same labels, which names that changed may cause, the first stays. */
    private static final class Series {
        private final Map<Metric, Map<Labels, Double>> values = new EnumMap<>(Metric.class);
        private final UnaryOperator<String> escaping;

        Series(UnaryOperator<String> escaping) {
            this.escaping = escaping;
        }

        void add(Metric metric, OptionalLong value, String... labels) {
            if (value.isPresent()) {
                add(metric, Rate.unsigned(value.getAsLong()), labels);
            }
        }

        void add(Metric metric, double value, String... labels) {
            of(metric).putIfAbsent(labels(metric, labels), value);
        }

        /** Adds to the value of a series. */
        void count(Metric metric, double more, String... labels) {
            of(metric).merge(labels(metric, labels), more, Double::sum);
        }

        private Map<Labels, Double> of(Metric metric) {
            return values.computeIfAbsent(metric, _ -> new LinkedHashMap<>());
        }

        private Labels labels(Metric metric, String... labels) {
            List<String> escaped = new ArrayList<>();
            for (String label : labels) {
                escaped.add(escaping.apply(label));
            }
            return Labels.of(metric.labels(), escaped);
        }

        MetricSnapshots snapshots() {
            MetricSnapshots.Builder all = MetricSnapshots.builder();
            values.forEach((metric, points) -> all.metricSnapshot(snapshot(metric, points)));
            return all.build();
        }

        private static MetricSnapshot snapshot(Metric metric, Map<Labels, Double> points) {
            return switch (metric.type()) {
                case COUNTER -> {
                    CounterSnapshot.Builder counter = CounterSnapshot.builder();
                    points.forEach((labels, value) -> counter.dataPoint(CounterDataPointSnapshot.builder()
                            .labels(labels)
                            .value(value)
                            .build()));
                    yield described(metric, counter).build();
                }
                case GAUGE -> {
                    GaugeSnapshot.Builder gauge = GaugeSnapshot.builder();
                    points.forEach((labels, value) -> gauge.dataPoint(GaugeDataPointSnapshot.builder()
                            .labels(labels)
                            .value(value)
                            .build()));
                    yield described(metric, gauge).build();
                }
                case INFO -> {
                    InfoSnapshot.Builder info = InfoSnapshot.builder();
                    points.forEach((labels, _) -> info.dataPoint(
                            InfoDataPointSnapshot.builder().labels(labels).build()));
                    yield described(metric, info).build();
                }
            };
        }

        private static <B extends MetricSnapshot.Builder<B>> B described(Metric metric, B builder) {
            B described = builder.name(metric.family()).help(metric.help());
            return metric.unit().isEmpty() ? described : described.unit(new Unit(metric.unit()));
        }
    }
}
