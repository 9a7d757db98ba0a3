package dev.qlease.cli.bench;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Aborts work that makes no progress for too long, or takes too long as a whole. Thread-safe. */
final class Watchdog implements AutoCloseable {
    private static final long PERIOD_MILLIS = 250;
    private static final int LOOKS = 4;

    private final LongSupplier progress;
    private final Runnable abort;
    private final long stall;
    private final long whole;
    private final Thread thread;
    private boolean closed;
    private boolean fired;

    private Watchdog(LongSupplier progress, Runnable abort, Duration stall, Duration whole) {
        this.progress = progress;
        this.abort = abort;
        this.stall = stall.toNanos();
        this.whole = whole.toNanos();
        this.thread = Thread.ofPlatform().daemon().name("qlease-watchdog").unstarted(this::run);
    }

    /**
     * Starts to watch.
     *
     * @param progress a number that changes with progress; called on another thread
     * @param abort ends the work; called on another thread, at most once, and not after {@link #close}
     * @param stall the longest time without progress
     * @param whole the longest time altogether
     */
    static Watchdog start(LongSupplier progress, Runnable abort, Duration stall, Duration whole) {
        Watchdog watchdog = new Watchdog(progress, abort, stall, whole);
        watchdog.thread.start();
        return watchdog;
    }

    private void run() {
        long period = Math.clamp(stall / 1_000_000 / LOOKS, 1, PERIOD_MILLIS);
        long start = System.nanoTime();
        long since = start;
        long last = progress.getAsLong();
        try {
            while (true) {
                Thread.sleep(period);
                long now = System.nanoTime();
                long current = progress.getAsLong();
                if (current != last) {
                    last = current;
                    since = now;
                }
                if (now - since >= stall || now - start >= whole) {
                    fire();
                    return;
                }
            }
        } catch (InterruptedException e) {
            // Closed.
            return;
        }
    }

    private synchronized void fire() {
        if (!closed) {
            fired = true;
            abort.run();
        }
    }

    /** Returns whether the work was aborted. */
    synchronized boolean fired() {
        return fired;
    }

    /** Stops watching. Idempotent. */
    @Override
    public synchronized void close() {
        closed = true;
        thread.interrupt();
    }
}
