package dev.qlease.node.dra;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Lets one thread at a time change a claim; others wait for a bounded time. Thread-safe. */
final class Exclusion {
    private final Set<String> busy = new HashSet<>();
    private final Duration longest;

    Exclusion(Duration longest) {
        this.longest = longest;
    }

    /** Runs {@code work} unless another thread is changing the claim; returns whether it has run. */
    boolean tryRun(String uid, Runnable work) {
        synchronized (this) {
            if (!busy.add(uid)) {
                return false;
            }
        }
        try {
            work.run();
        } finally {
            leave(uid);
        }
        return true;
    }

    /**
     * Runs {@code work} as soon as no other thread is changing the claim.
     *
     * @throws DraException if that takes too long, or this thread is interrupted meanwhile
     */
    void run(String uid, Runnable work) {
        enter(uid);
        try {
            work.run();
        } finally {
            leave(uid);
        }
    }

    private synchronized void enter(String uid) {
        long deadline = System.nanoTime() + longest.toNanos();
        while (!busy.add(uid)) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new DraException(
                        "claim " + uid + " is still being changed after " + longest.toSeconds() + " seconds");
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new DraException("interrupted", e);
            }
        }
    }

    private synchronized void leave(String uid) {
        busy.remove(uid);
        notifyAll();
    }
}
