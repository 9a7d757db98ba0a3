package dev.qlease.node.dra;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the status of claims and events to the API server, by a thread of its own: no pod waits for that. If the
 * server does not answer, a report is tried again a few times and then dropped. Thread-safe.
 */
final class Reports implements AutoCloseable {
    private static final int MOST_WAITING = 1024;
    private static final int TRIES = 4;
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final long GRACE_SECONDS = 3;

    private final Cluster cluster;
    private final Consumer<DriverEvent> listener;
    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            Thread.ofPlatform().daemon().name("qlease-node-reports").factory());

    Reports(Cluster cluster, Consumer<DriverEvent> listener) {
        this.cluster = cluster;
        this.listener = listener;
    }

    /** Reports that a device is in the pod, or with null that it is in none, and why. */
    void status(PreparedClaim claim, int share, ShareLeases.@Nullable Attached attached, String problem) {
        submit(() -> cluster.report(claim, share, attached, problem));
    }

    /** Makes an event of the claim and its pod. */
    void warning(PreparedClaim claim, String reason, String action, String sentence) {
        submit(() -> cluster.warn(claim, reason, action, sentence));
    }

    private void submit(Runnable report) {
        try {
            thread.execute(() -> attempt(report));
        } catch (RejectedExecutionException e) {
            listener.accept(DriverEvent.problem(
                    "a report to the API server was dropped, since " + MOST_WAITING + " others are waiting"));
        }
    }

    private void attempt(Runnable report) {
        for (int i = 1; ; i++) {
            try {
                report.run();
                return;
            } catch (RuntimeException e) {
                if (i == TRIES || thread.isShutdown()) {
                    listener.accept(DriverEvent.problem(String.valueOf(e.getMessage())));
                    return;
                }
                LockSupport.parkNanos(PAUSE.toNanos() * i);
            }
        }
    }

    /** Waits a few seconds for what is to be reported. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
