package dev.qlease.metrics;

import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the metrics once for all clients that ask while they are being read: however many there are, the kernel is read
 * by one thread. Thread-safe.
 */
final class SharedScrape {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final Supplier<MetricSnapshots> reading;
    private @Nullable CompletableFuture<MetricSnapshots> running;

    SharedScrape(Supplier<MetricSnapshots> reading) {
        this.reading = reading;
    }

    /**
     * Reads the metrics, or waits for those that are being read.
     *
     * @throws TimeoutException if another thread takes too long to read them
     * @throws ExecutionException if reading them failed in another thread
     */
    MetricSnapshots read() throws InterruptedException, TimeoutException, ExecutionException {
        CompletableFuture<MetricSnapshots> mine = new CompletableFuture<>();
        CompletableFuture<MetricSnapshots> other = begin(mine);
        if (other != null) {
            return other.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        }
        try {
            MetricSnapshots read = reading.get();
            mine.complete(read);
            return read;
        } catch (RuntimeException | Error e) {
            mine.completeExceptionally(e);
            throw e;
        } finally {
            end();
        }
    }

    /** Returns the reading that is in progress; if there is none, null, and {@code mine} is in progress from now on. */
    private synchronized @Nullable CompletableFuture<MetricSnapshots> begin(CompletableFuture<MetricSnapshots> mine) {
        CompletableFuture<MetricSnapshots> other = running;
        if (other == null) {
            running = mine;
        }
        return other;
    }

    private synchronized void end() {
        running = null;
    }
}
