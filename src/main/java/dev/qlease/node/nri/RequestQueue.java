package dev.qlease.node.nri;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Bounded queue of requests, and the reason why no more follow. Thread-safe. */
final class RequestQueue {
    /** The most requests that wait. Runtimes make one after the other, so that even a second is rare. */
    static final int MOST = 16;

    private final Queue<Frame> waiting = new ArrayDeque<>();
    private @Nullable IOException end;

    /** @throws NriProtocolException if too many requests wait */
    synchronized void add(Frame request) throws NriProtocolException {
        if (waiting.size() == MOST) {
            throw new NriProtocolException("the runtime made more than " + MOST + " requests at the same time");
        }
        waiting.add(request);
        notifyAll();
    }

    /** Discards the requests that wait, since their responses could not be sent. */
    synchronized void end(IOException reason) {
        waiting.clear();
        if (end == null) {
            end = reason;
        }
        notifyAll();
    }

    /** Waits until there is a request or the end is reached, and returns whether that is so before the timeout. */
    synchronized boolean await(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (waiting.isEmpty() && end == null) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    /**
     * Waits for the next request and removes it.
     *
     * @throws IOException the reason why no more requests follow
     */
    synchronized Frame take() throws IOException, InterruptedException {
        while (true) {
            if (end != null) {
                throw end;
            }
            Frame next = waiting.poll();
            if (next != null) {
                return next;
            }
            wait();
        }
    }
}
