package dev.qlease.node.status;

import dev.qlease.metrics.MetricsServer;
import dev.qlease.metrics.MetricsServer.Page;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Health and metrics of the driver of a node: the driver records what it does, and probes and Prometheus read it by
 * HTTP. Thread-safe.
 */
public final class NodeStatus {
    /** Where the status is served by default: on the node itself only, where kubelet's probes come from. */
    public static final InetSocketAddress DEFAULT_LISTEN =
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 9912);

    /** The path of the page that fails once a main loop has ended. */
    public static final String LIVE = "/livez";

    /** The path of the page that fails while a condition is missing. */
    public static final String READY = "/readyz";

    private static final int OK = 200;
    private static final int UNAVAILABLE = 503;

    /** A condition of readiness. */
    public enum Condition {
        REGISTERED("kubelet has not registered the driver"),
        CONNECTED("there is no connection to NRI"),
        PUBLISHED("the ResourceSlices of this node are not published");

        private final String missing;

        Condition(String missing) {
            this.missing = missing;
        }

        /** Returns what is reported while the condition is missing. */
        public String missing() {
            return missing;
        }
    }

    /** A stage at which the driver refuses something or fails. */
    public enum Stage {
        /** A claim, which kubelet wants prepared. */
        PREPARE,
        /** A starting pod, for which leases are created. */
        SANDBOX,
        /** A request to bind a dma-buf to leased queues. */
        BINDING;

        /** Returns the value of the label. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * The parts of the driver that the status depends on. They are called by several threads, and must not block.
     *
     * @param loops whether each main loop runs, by its name
     * @param conditions whether each condition holds
     * @param claims the number of prepared claims
     */
    public record Parts(
            Map<String, BooleanSupplier> loops, Map<Condition, BooleanSupplier> conditions, IntSupplier claims) {
        /** Keeps copies. */
        public Parts {
            loops = Map.copyOf(loops);
            conditions = Map.copyOf(conditions);
            if (conditions.size() != Condition.values().length) {
                throw new IllegalArgumentException("conditions are missing; given are " + conditions.keySet());
            }
        }
    }

    private final Parts parts;
    private final Supplier<MetricSnapshots> kernel;
    private final Histogram prepare = new Histogram();
    private final Histogram sandbox = new Histogram();
    private final AtomicLong bound = new AtomicLong();
    private final Map<Stage, AtomicLong> refused = new EnumMap<>(Stage.class);

    /**
     * @param parts what the status depends on
     * @param kernel reads the metrics of {@code qlease metrics}; called by one thread at a time
     */
    public NodeStatus(Parts parts, Supplier<MetricSnapshots> kernel) {
        this.parts = parts;
        this.kernel = kernel;
        for (Stage stage : Stage.values()) {
            refused.put(stage, new AtomicLong());
        }
    }

    /**
     * Starts to serve the status. The server is owned by the caller.
     *
     * @param address where to listen; port 0 takes a free one
     * @throws IOException if listening is not possible
     */
    public MetricsServer serve(InetSocketAddress address) throws IOException {
        return MetricsServer.start(address, this::metrics, Map.of(LIVE, this::live, READY, this::ready));
    }

    /** Records that a claim was prepared. */
    public void prepared(Duration took) {
        prepare.add(took);
    }

    /** Records that the leases of a pod were created. */
    public void sandbox(Duration took) {
        sandbox.add(took);
    }

    /** Records that a dma-buf was bound. */
    public void bound() {
        bound.incrementAndGet();
    }

    /** Records a refusal or failure. */
    public void refused(Stage stage) {
        of(stage).incrementAndGet();
    }

    private AtomicLong of(Stage stage) {
        return Objects.requireNonNull(refused.get(stage));
    }

    private Page live() {
        return page(parts.loops().entrySet().stream()
                .filter(loop -> !loop.getValue().getAsBoolean())
                .map(loop -> "the loop of " + loop.getKey() + " has ended"));
    }

    private Page ready() {
        return page(parts.conditions().entrySet().stream()
                .filter(condition -> !condition.getValue().getAsBoolean())
                .map(condition -> condition.getKey().missing()));
    }

    private static Page page(Stream<String> problems) {
        List<String> lines = problems.sorted().toList();
        return lines.isEmpty() ? new Page(OK, "ok\n") : new Page(UNAVAILABLE, String.join("\n", lines) + "\n");
    }

    /** Returns the metrics of {@code qlease metrics}, and those of the driver. */
    MetricSnapshots metrics() {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        kernel.get().stream().forEach(all::metricSnapshot);
        all.metricSnapshot(durations(NodeMetric.PREPARE, prepare));
        all.metricSnapshot(durations(NodeMetric.SANDBOX, sandbox));
        CounterSnapshot.Builder bindings = counter(NodeMetric.BINDINGS);
        bindings.dataPoint(point(NodeMetric.BINDINGS, "bound", bound.get()));
        bindings.dataPoint(
                point(NodeMetric.BINDINGS, "refused", of(Stage.BINDING).get()));
        all.metricSnapshot(bindings.build());
        all.metricSnapshot(GaugeSnapshot.builder()
                .name(NodeMetric.CLAIMS.family())
                .help(NodeMetric.CLAIMS.help())
                .dataPoint(GaugeDataPointSnapshot.builder()
                        .value(parts.claims().getAsInt())
                        .build())
                .build());
        CounterSnapshot.Builder refusals = counter(NodeMetric.REFUSED);
        refused.forEach((stage, count) -> refusals.dataPoint(point(NodeMetric.REFUSED, stage.text(), count.get())));
        return all.metricSnapshot(refusals.build()).build();
    }

    private static HistogramSnapshot durations(NodeMetric metric, Histogram histogram) {
        return HistogramSnapshot.builder()
                .name(metric.family())
                .help(metric.help())
                .unit(Unit.SECONDS)
                .dataPoint(histogram.snapshot())
                .build();
    }

    private static CounterSnapshot.Builder counter(NodeMetric metric) {
        return CounterSnapshot.builder().name(metric.family()).help(metric.help());
    }

    private static CounterDataPointSnapshot point(NodeMetric metric, String value, long count) {
        return CounterDataPointSnapshot.builder()
                .labels(Labels.of(metric.label(), value))
                .value((double) count)
                .build();
    }
}
