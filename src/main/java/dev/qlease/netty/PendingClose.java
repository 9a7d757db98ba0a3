package dev.qlease.netty;

import io.netty.channel.EventLoop;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The rest of a close, which waits for completions and runs once. When the timeout has elapsed, the connection is
 * reset, so that the kernel completes the sends in flight; if it does not, the rest runs anyway after {@link
 * #ABORT_MILLIS}. To be used on the event loop only.
 */
final class PendingClose implements Runnable {
    /** How long the kernel and the device may take to complete the sends of a connection that was reset. */
    private static final long ABORT_MILLIS = 5_000;

    private final EventLoop loop;
    private final Runnable abort;
    private final Runnable rest;
    private Future<?> timer;
    private boolean done;

    private PendingClose(EventLoop loop, long timeoutMillis, Runnable abort, Runnable rest) {
        this.loop = loop;
        this.abort = abort;
        this.rest = rest;
        this.timer = loop.schedule(this::timeOut, timeoutMillis, TimeUnit.MILLISECONDS);
    }

    /**
     * Starts waiting.
     *
     * @param abort resets the connection, after {@code timeoutMillis}
     */
    static PendingClose within(EventLoop loop, long timeoutMillis, Runnable abort, Runnable rest) {
        return new PendingClose(loop, timeoutMillis, abort, rest);
    }

    private void timeOut() {
        if (!done) {
            timer = loop.schedule(this, ABORT_MILLIS, TimeUnit.MILLISECONDS);
            abort.run();
        }
    }

    @Override
    public void run() {
        if (!done) {
            done = true;
            timer.cancel(false);
            rest.run();
        }
    }
}
