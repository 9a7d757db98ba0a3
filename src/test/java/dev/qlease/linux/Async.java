package dev.qlease.linux;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Runs things on platform threads of their own: the common pool has too few for what waits. */
public final class Async {
    private Async() {}

    /** What {@code work} answers, or throws. */
    public static <T> CompletableFuture<T> supply(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, task -> Thread.ofPlatform().start(task));
    }

    /** Done when {@code work} is. */
    public static CompletableFuture<Void> run(Runnable work) {
        return CompletableFuture.runAsync(work, task -> Thread.ofPlatform().start(task));
    }
}
