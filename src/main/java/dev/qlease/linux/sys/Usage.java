package dev.qlease.linux.sys;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the calls that use a native resource, so that closing it waits for none of them and pulls it away from none:
 * the last to leave after {@link #close()} ends it.
 */
public final class Usage {
    /** Set by {@link #close()}; the bits below count the users. */
    private static final int CLOSED = 1 << 31;

    private final AtomicInteger state = new AtomicInteger();
    private final Object what;
    private final Runnable end;

    /**
     * A resource in use by nobody.
     *
     * @param what what it is, for the message of a use after closing
     * @param end frees it; called once
     */
    public Usage(Object what, Runnable end) {
        this.what = what;
        this.end = end;
    }

    /**
     * Begins a use, which {@link #leave()} must end.
     *
     * @throws IllegalStateException if the resource is closed
     */
    public void enter() {
        if (!tryEnter()) {
            throw new IllegalStateException(what + " is closed");
        }
    }

    /** Begins a use, which {@link #leave()} must end, unless the resource is closed: then it answers false. */
    public boolean tryEnter() {
        int now;
        do {
            now = state.get();
            if (now < 0) {
                return false;
            }
        } while (!state.compareAndSet(now, now + 1));
        return true;
    }

    /** Ends a use. */
    public void leave() {
        if (state.decrementAndGet() == CLOSED) {
            end.run();
        }
    }

    /** Whether {@link #close()} has not been called. */
    public boolean isOpen() {
        return state.get() >= 0;
    }

    /** Lets no further use begin, and ends the resource now or when the last user leaves. Does nothing again. */
    public void close() {
        if (state.getAndUpdate(s -> s | CLOSED) == 0) {
            end.run();
        }
    }
}
