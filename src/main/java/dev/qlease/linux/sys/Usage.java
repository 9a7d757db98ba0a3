package dev.qlease.linux.sys;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the calls that use a native resource, so that closing neither waits for them nor frees the resource under
 * them: the last user to leave after {@link #close()} frees it.
 */
public final class Usage {
    /** Set by {@link #close()}; the bits below count the users. */
    private static final int CLOSED = 1 << 31;

    private final AtomicInteger state = new AtomicInteger();
    private final Object what;
    private final Runnable end;

    /**
     * Creates the counter of a resource that is not in use.
     *
     * @param what the resource, for the message of a use after closing
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

    /** Begins a use, which {@link #leave()} must end, and returns true; returns false if the resource is closed. */
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

    /** Begins a further use for a caller that is already a user, even if the resource is closed in the meantime. */
    public void share() {
        state.incrementAndGet();
    }

    /** Ends a use. */
    public void leave() {
        if (state.decrementAndGet() == CLOSED) {
            end.run();
        }
    }

    /** Returns whether {@link #close()} has not been called. */
    public boolean isOpen() {
        return state.get() >= 0;
    }

    /** Prevents further uses, and frees the resource now or when the last user leaves. Idempotent. */
    public void close() {
        if (state.getAndUpdate(s -> s | CLOSED) == 0) {
            end.run();
        }
    }
}
