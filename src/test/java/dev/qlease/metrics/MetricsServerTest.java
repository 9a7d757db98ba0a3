package dev.qlease.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class MetricsServerTest {
    private static final Exposition EXPOSITION = new Exposition("1", UnaryOperator.identity());
    private static final InetSocketAddress FREE = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private static final Map<String, Supplier<MetricsServer.Page>> PAGES =
            Map.of("/sorry", () -> new MetricsServer.Page(503, "not now\n"));

    private final HttpClient client = HttpClient.newHttpClient();

    private static MetricSnapshots metrics() {
        return EXPOSITION.of(
                new Samples().device(2, "eth0", "a").queue(2, 0, 1, 2, 3).make());
    }

    private static MetricsServer start(Supplier<MetricSnapshots> reading) throws IOException {
        return MetricsServer.start(FREE, reading, PAGES);
    }

    private static URI uri(MetricsServer server, String path) {
        return URI.create("http://127.0.0.1:" + server.address().getPort() + path);
    }

    private HttpResponse<String> request(MetricsServer server, String method, String path, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(server, path))
                .timeout(Duration.ofSeconds(30))
                .method(method, HttpRequest.BodyPublishers.noBody());
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    @Test
    void theFormatIsWhatTheClientAsksFor() throws Exception {
        try (MetricsServer server = start(MetricsServerTest::metrics)) {
            HttpResponse<String> open =
                    request(server, "GET", "/metrics", "Accept", "application/openmetrics-text; version=1.0.0");
            assertThat(open.statusCode()).isEqualTo(200);
            assertThat(open.headers().firstValue("Content-Type").orElseThrow())
                    .startsWith("application/openmetrics-text; version=1.0.0");
            assertThat(OpenMetricsText.parse(open.body()).value("qlease_queue_packets_total"))
                    .isEqualTo(1);
            HttpResponse<String> plain = request(server, "GET", "/metrics?x=1");
            assertThat(plain.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/plain");
            assertThat(plain.body()).contains("\nqlease_queue_packets_total{").doesNotContain("# EOF");
        }
    }

    @Test
    void onlyTheMetricsCanBeReadAndNothingElseIsThere() throws Exception {
        AtomicInteger reads = new AtomicInteger();
        try (MetricsServer server = start(() -> {
            reads.incrementAndGet();
            return metrics();
        })) {
            HttpResponse<String> head = request(server, "HEAD", "/metrics");
            assertThat(head.statusCode()).isEqualTo(200);
            assertThat(head.body()).isEmpty();
            for (String path : List.of("/", "/metrics/", "/metricsx", "/..%2fmetrics", "/favicon.ico")) {
                assertThat(request(server, "GET", path).statusCode()).as(path).isEqualTo(404);
            }
            HttpResponse<String> post = request(server, "POST", "/metrics");
            assertThat(post.statusCode()).isEqualTo(405);
            assertThat(post.headers().firstValue("Allow")).contains("GET, HEAD");
            assertThat(request(server, "DELETE", "/x").statusCode()).isEqualTo(404);
            assertThat(reads).hasValue(0);
        }
    }

    @Test
    void aFurtherPageHasItsStatusAndItsText() throws Exception {
        try (MetricsServer server = start(MetricsServerTest::metrics)) {
            HttpResponse<String> page = request(server, "GET", "/sorry");
            assertThat(page.statusCode()).isEqualTo(503);
            assertThat(page.body()).isEqualTo("not now\n");
            assertThat(request(server, "HEAD", "/sorry").body()).isEmpty();
            assertThat(request(server, "POST", "/sorry").statusCode()).isEqualTo(405);
        }
    }

    @Test
    void clientsThatAskAtTheSameTimeShareOneReading() throws Exception {
        AtomicInteger reads = new AtomicInteger();
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        SharedScrape scrape = new SharedScrape(() -> {
            reads.incrementAndGet();
            asked.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return metrics();
        });
        List<CompletableFuture<MetricSnapshots>> all = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            CompletableFuture<MetricSnapshots> one = new CompletableFuture<>();
            all.add(one);
            Thread.ofPlatform().daemon().name("client-" + i).start(() -> {
                try {
                    one.complete(scrape.read());
                } catch (Exception e) {
                    one.completeExceptionally(e);
                }
            });
        }
        assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
        Thread.sleep(300);
        go.countDown();
        for (CompletableFuture<MetricSnapshots> one : all) {
            assertThat(one.get(30, TimeUnit.SECONDS).size()).isPositive();
        }
        assertThat(reads.get()).isLessThan(all.size());
        int before = reads.get();
        scrape.read();
        assertThat(reads).hasValue(before + 1);
    }

    @Test
    void aReadingThatFailsIsAnErrorAndTheNextOneIsTriedAgain() throws Exception {
        AtomicInteger reads = new AtomicInteger();
        try (MetricsServer server = start(() -> {
            if (reads.getAndIncrement() == 0) {
                throw new IllegalStateException("no");
            }
            return metrics();
        })) {
            assertThat(request(server, "GET", "/metrics").statusCode()).isEqualTo(500);
            assertThat(request(server, "GET", "/metrics").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void clientsThatSaySlowlyWhatTheyWantAreCutOffAndDisturbNobody() throws Exception {
        try (MetricsServer server = start(MetricsServerTest::metrics)) {
            URI at = uri(server, "/");
            List<Socket> slow = new ArrayList<>();
            try {
                for (int i = 0; i < 30; i++) {
                    Socket socket = new Socket(InetAddress.ofLiteral(at.getHost()), at.getPort());
                    socket.setSoTimeout(60_000);
                    socket.getOutputStream().write("GET /metrics HTTP/1.1\r\nX: ".getBytes(StandardCharsets.US_ASCII));
                    slow.add(socket);
                }
                long start = System.nanoTime();
                assertThat(request(server, "GET", "/metrics").statusCode()).isEqualTo(200);
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
                for (Socket socket : slow) {
                    assertThat(readToEnd(socket)).isNotEqualTo("open");
                }
            } finally {
                for (Socket socket : slow) {
                    socket.close();
                }
            }
            assertThat(request(server, "GET", "/metrics").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void thereAreOnlySoManyConnections() throws Exception {
        try (MetricsServer server = start(MetricsServerTest::metrics)) {
            URI at = uri(server, "/");
            List<Socket> all = new ArrayList<>();
            try {
                for (int i = 0; i < 100; i++) {
                    Socket socket = new Socket(InetAddress.ofLiteral(at.getHost()), at.getPort());
                    socket.setSoTimeout(60_000);
                    all.add(socket);
                }
                // Those beyond the limit are closed at once, the others only after their time.
                assertThat(readToEnd(all.getLast())).isNotEqualTo("open");
            } finally {
                for (Socket socket : all) {
                    socket.close();
                }
            }
        }
    }

    /** Reads until the other end closes, as which counts that it resets; "open" if it does not within a minute. */
    private static String readToEnd(Socket socket) {
        try {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        } catch (java.net.SocketTimeoutException e) {
            return "open";
        } catch (IOException e) {
            return "reset";
        }
    }
}
