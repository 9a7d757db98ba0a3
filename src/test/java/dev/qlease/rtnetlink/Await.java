package dev.qlease.rtnetlink;

import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Waiting for what the kernel does in its own time. */
final class Await {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private Await() {}

    /** The first value that is as wished, or the last one after ten seconds. */
    static <T> T until(Supplier<T> value, Predicate<T> wished) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            T now = value.get();
            if (wished.test(now) || System.nanoTime() > deadline) {
                return now;
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return now;
            }
        }
    }
}
