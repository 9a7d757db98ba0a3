package dev.qlease.node.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.qlease.metrics.Exposition;
import dev.qlease.metrics.MetricsServer;
import dev.qlease.metrics.Samples;
import dev.qlease.node.status.NodeStatus.Condition;
import dev.qlease.node.status.NodeStatus.Stage;
import io.prometheus.metrics.model.snapshots.PrometheusNaming;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NodeStatusTest {
    private static final Exposition EXPOSITION = new Exposition("1", UnaryOperator.identity());

    private final HttpClient client = HttpClient.newHttpClient();
    private final Set<Condition> conditions = EnumSet.allOf(Condition.class);
    private final AtomicBoolean serving = new AtomicBoolean(true);
    private final AtomicBoolean publishing = new AtomicBoolean(true);
    private final NodeStatus status = new NodeStatus(
            parts(),
            () -> EXPOSITION.of(
                    new Samples().device(2, "eth0", "a").queue(2, 0, 1, 2, 3).make()));
    private MetricsServer server;

    private NodeStatus.Parts parts() {
        Map<Condition, BooleanSupplier> ready = new EnumMap<>(Condition.class);
        for (Condition condition : Condition.values()) {
            ready.put(condition, () -> conditions.contains(condition));
        }
        return new NodeStatus.Parts(Map.of("bindings", serving::get, "slices", publishing::get), ready, () -> 7);
    }

    @BeforeEach
    void serve() throws IOException {
        server = status.serve(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void close() {
        server.close();
    }

    private HttpResponse<String> get(String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.address().getPort() + path);
        return client.send(
                HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofString());
    }

    private Map<String, Double> metrics() throws Exception {
        Map<String, Double> values = new TreeMap<>();
        get(MetricsServer.PATH)
                .body()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> {
                    int space = line.lastIndexOf(' ');
                    assertThat(values.put(line.substring(0, space), Double.parseDouble(line.substring(space + 1))))
                            .isNull();
                });
        return values;
    }

    @Test
    void aDriverWhoseLoopsRunIsAlive() throws Exception {
        assertThat(get("/livez").statusCode()).isEqualTo(200);
        assertThat(get("/livez").body()).isEqualTo("ok\n");
        conditions.clear();
        assertThat(get("/livez").statusCode()).isEqualTo(200);
    }

    @Test
    void aLoopThatHasEndedIsNamed() throws Exception {
        publishing.set(false);
        HttpResponse<String> live = get("/livez");
        assertThat(live.statusCode()).isEqualTo(503);
        assertThat(live.body()).isEqualTo("the loop of slices has ended\n");
        serving.set(false);
        assertThat(get("/livez").body().lines()).hasSize(2);
    }

    @Test
    void eachMissingConditionOfReadinessHasALine() throws Exception {
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
        conditions.remove(Condition.CONNECTED);
        HttpResponse<String> ready = get("/readyz");
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(ready.body()).isEqualTo("there is no connection to NRI\n");
        conditions.clear();
        assertThat(get("/readyz").body().lines()).hasSize(3);
        conditions.addAll(EnumSet.allOf(Condition.class));
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
    }

    @Test
    void noConditionCanBeForgotten() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new NodeStatus.Parts(Map.of(), Map.of(Condition.CONNECTED, () -> true), () -> 0));
    }

    @Test
    void theMetricsAreThoseOfTheCommandAndTheDriversOwn() throws Exception {
        status.prepared(Duration.ofMillis(200));
        status.prepared(Duration.ofMinutes(2));
        status.sandbox(Duration.ofMillis(10));
        status.bound();
        status.refused(Stage.BINDING);
        status.refused(Stage.BINDING);
        status.refused(Stage.PREPARE);
        assertThat(metrics())
                .containsEntry("qlease_queue_packets_total{device=\"eth0\",queue=\"0\",type=\"rx\"}", 1.0)
                .containsEntry("qlease_node_prepare_seconds_bucket{le=\"0.1\"}", 0.0)
                .containsEntry("qlease_node_prepare_seconds_bucket{le=\"0.25\"}", 1.0)
                .containsEntry("qlease_node_prepare_seconds_bucket{le=\"30.0\"}", 1.0)
                .containsEntry("qlease_node_prepare_seconds_bucket{le=\"+Inf\"}", 2.0)
                .containsEntry("qlease_node_prepare_seconds_count", 2.0)
                .containsEntry("qlease_node_prepare_seconds_sum", 120.2)
                .containsEntry("qlease_node_sandbox_seconds_bucket{le=\"0.01\"}", 1.0)
                .containsEntry("qlease_node_bindings_total{outcome=\"bound\"}", 1.0)
                .containsEntry("qlease_node_bindings_total{outcome=\"refused\"}", 2.0)
                .containsEntry("qlease_node_claims", 7.0)
                .containsEntry("qlease_node_refused_total{stage=\"prepare\"}", 1.0)
                .containsEntry("qlease_node_refused_total{stage=\"sandbox\"}", 0.0)
                .containsEntry("qlease_node_refused_total{stage=\"binding\"}", 2.0);
    }

    @Test
    void namesFollowTheConventionsOfPrometheusAndAllAreServed() throws Exception {
        Set<String> served = metrics().keySet();
        for (NodeMetric metric : NodeMetric.values()) {
            assertThat(metric.series()).matches("qlease_node_[a-z]+(_seconds|_total)?");
            assertThat(PrometheusNaming.isValidLegacyMetricName(metric.series()))
                    .isTrue();
            assertThat(metric.help()).matches("[A-Z].*\\.");
            assertThat(served).anyMatch(series -> series.startsWith(metric.series()));
        }
    }

    @Test
    void whatSeveralThreadsRecordIsCounted() throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int n = 0; n < 1000; n++) {
                    status.prepared(Duration.ofNanos(n));
                    status.bound();
                    status.refused(Stage.SANDBOX);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(metrics())
                .containsEntry("qlease_node_prepare_seconds_count", 4000.0)
                .containsEntry("qlease_node_bindings_total{outcome=\"bound\"}", 4000.0)
                .containsEntry("qlease_node_refused_total{stage=\"sandbox\"}", 4000.0);
    }
}
