package dev.qlease.netty;

import dev.qlease.devmem.loop.NonBlockingSocket;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Returns fragments to the device: all those of one iteration of the event loop together, with as few system calls as
 * possible. Thread-safe.
 */
final class TokenReturner {
    private final NonBlockingSocket socket;
    private final Executor loop;

    /** Guarded by this object's monitor, as is whether a call of {@link #giveBack} is scheduled. */
    private int[] tokens = new int[16];

    private int count;
    private boolean scheduled;

    /**
     * Creates a returner without tokens.
     *
     * @param loop runs tasks on the event loop
     */
    TokenReturner(NonBlockingSocket socket, Executor loop) {
        this.socket = socket;
        this.loop = loop;
    }

    /** Announces a call of {@link #giveBack}, so that none has to be scheduled. */
    synchronized void begin() {
        scheduled = true;
    }

    /** Adds a released fragment; may be called by any thread. */
    void add(int token) {
        synchronized (this) {
            if (count == tokens.length) {
                tokens = Arrays.copyOf(tokens, 2 * count);
            }
            tokens[count++] = token;
            if (scheduled) {
                return;
            }
            scheduled = true;
        }
        try {
            loop.execute(this::giveBack);
        } catch (RejectedExecutionException e) {
            // The event loop has ended, so this thread does it.
            giveBack();
        }
    }

    /** Returns the tokens collected so far. */
    synchronized void giveBack() {
        scheduled = false;
        if (count > 0) {
            int some = count;
            count = 0;
            socket.release(tokens, some);
        }
    }
}
