package dev.qlease.netty;

import io.netty.channel.EventLoop;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** The rest of a close, which waits for completions: it is run when they have come, or when patience is over, once. */
final class Ending implements Runnable {
    private final Runnable rest;
    private final Future<?> timeout;
    private boolean done;

    @SuppressWarnings("FutureReturnValueIgnored")
    private Ending(EventLoop loop, long patienceMillis, Runnable rest) {
        this.rest = rest;
        this.timeout = loop.schedule(this, patienceMillis, TimeUnit.MILLISECONDS);
    }

    static Ending within(EventLoop loop, long patienceMillis, Runnable rest) {
        return new Ending(loop, patienceMillis, rest);
    }

    @Override
    public void run() {
        if (!done) {
            done = true;
            timeout.cancel(false);
            rest.run();
        }
    }
}
