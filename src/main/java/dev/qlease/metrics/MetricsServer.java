package dev.qlease.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves metrics by HTTP at {@value #PATH}, and further pages. The number of connections is bounded, and so is the time
 * that each may take for a request, a response, and between two requests. Thread-safe.
 */
public final class MetricsServer implements AutoCloseable {
    /** The path of the metrics. */
    public static final String PATH = "/metrics";

    private static final int MOST_CONNECTIONS = 64;

    /** Read by the server's class when it is initialized. Times are in seconds. */
    private static final Map<String, String> LIMITS = Map.of(
            "jdk.httpserver.maxConnections", Integer.toString(MOST_CONNECTIONS),
            "sun.net.httpserver.maxReqTime", "5",
            "sun.net.httpserver.maxRspTime", "30",
            "sun.net.httpserver.idleInterval", "30",
            "sun.net.httpserver.maxIdleConnections", "16",
            "sun.net.httpserver.maxReqHeaders", "64",
            "sun.net.httpserver.maxReqHeaderSize", "16384");

    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int FAILED = 500;
    private static final int UNAVAILABLE = 503;
    private static final int NO_BODY = -1;
    private static final int GRACE_SECONDS = 2;
    private static final String CONTENT_TYPE = "Content-Type";

    /**
     * A page of text.
     *
     * @param status the status of HTTP
     * @param text the text, which ends with a line break
     */
    public record Page(int status, String text) {}

    private final HttpServer server;
    private final Map<String, Supplier<Page>> pages;
    private final ThreadPoolExecutor threads;
    private final SharedScrape scrape;
    private final ExpositionFormats formats =
            ExpositionFormats.init(PrometheusProperties.builder().build());
    private final Thread hook = Thread.ofPlatform().unstarted(this::stop);

    private MetricsServer(HttpServer server, SharedScrape scrape, Map<String, Supplier<Page>> pages) {
        this.server = server;
        this.scrape = scrape;
        this.pages = Map.copyOf(pages);
        // A connection has at most one request at a time.
        this.threads = new ThreadPoolExecutor(
                0,
                2 * MOST_CONNECTIONS,
                30,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                Thread.ofPlatform().daemon().name("qlease-http-", 0).factory());
    }

    /**
     * Starts to serve.
     *
     * @param address where to listen; port 0 takes a free one
     * @param reading reads the metrics, once for all clients that request them at the same time
     * @param pages the further pages by their paths, each made anew for each request; making one must not block
     * @throws IOException if listening is not possible
     */
    public static MetricsServer start(
            InetSocketAddress address, Supplier<MetricSnapshots> reading, Map<String, Supplier<Page>> pages)
            throws IOException {
        LIMITS.forEach(System::setProperty);
        HttpServer http = HttpServer.create(address, 0);
        MetricsServer server = new MetricsServer(http, new SharedScrape(reading), pages);
        http.setExecutor(server.threads);
        http.createContext("/", server::handle);
        Runtime.getRuntime().addShutdownHook(server.hook);
        http.start();
        return server;
    }

    /** Returns where the server listens. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            String path = exchange.getRequestURI().getPath();
            @Nullable Supplier<Page> page = pages.get(path);
            if (page == null && !PATH.equals(path)) {
                answer(exchange, NOT_FOUND, "the metrics are at " + PATH + "\n");
            } else if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                answer(exchange, METHOD_NOT_ALLOWED, path + " can only be read\n");
            } else if (page == null) {
                metrics(exchange);
            } else {
                Page made = page.get();
                answer(exchange, made.status(), made.text());
            }
        }
    }

    private void metrics(HttpExchange exchange) throws IOException {
        @Nullable String accept = exchange.getRequestHeaders().getFirst("Accept");
        ExpositionFormatWriter writer = formats.findWriter(accept);
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set(CONTENT_TYPE, writer.getContentType());
            exchange.sendResponseHeaders(OK, NO_BODY);
            return;
        }
        try {
            MetricSnapshots metrics = scrape.read();
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            writer.write(body, metrics);
            exchange.getResponseHeaders().set(CONTENT_TYPE, writer.getContentType());
            exchange.sendResponseHeaders(OK, body.size());
            body.writeTo(exchange.getResponseBody());
        } catch (TimeoutException e) {
            answer(exchange, UNAVAILABLE, "reading the kernel takes too long\n");
        } catch (ExecutionException | RuntimeException e) {
            answer(exchange, FAILED, "reading the metrics failed\n");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            answer(exchange, UNAVAILABLE, "the server is being stopped\n");
        }
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set(CONTENT_TYPE, "text/plain; charset=utf-8");
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(status, NO_BODY);
        } else {
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    /** Stops to listen, and waits a moment for requests that are being answered. */
    private void stop() {
        server.stop(GRACE_SECONDS);
        threads.shutdownNow();
    }

    /** Stops serving. Idempotent. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The hook is running.
            return;
        }
        stop();
    }
}
