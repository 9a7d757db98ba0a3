package dev.qlease.netty;

import dev.qlease.devmem.NonBlockingSocket;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Fragments on their way back to the device: those of a turn of the loop together, with as few system calls as can be. */
final class Returns {
    private final NonBlockingSocket socket;
    private final Executor loop;

    /** What this object's monitor guards: tokens, and whether somebody will take them along. */
    private int[] tokens = new int[16];

    private int count;
    private boolean fetched;

    /**
     * None yet.
     *
     * @param loop runs on the event loop
     */
    Returns(NonBlockingSocket socket, Executor loop) {
        this.socket = socket;
        this.loop = loop;
    }

    /** Says that {@link #giveBack} follows, and nobody needs to be told. */
    synchronized void begin() {
        fetched = true;
    }

    /** Takes back a fragment; from any thread. */
    void add(int token) {
        synchronized (this) {
            if (count == tokens.length) {
                tokens = Arrays.copyOf(tokens, 2 * count);
            }
            tokens[count++] = token;
            if (fetched) {
                return;
            }
            fetched = true;
        }
        try {
            loop.execute(this::giveBack);
        } catch (RejectedExecutionException e) {
            // The loop has ended: this thread is as good as any.
            giveBack();
        }
    }

    /** Gives back what has come together. */
    synchronized void giveBack() {
        fetched = false;
        if (count > 0) {
            int some = count;
            count = 0;
            socket.release(tokens, some);
        }
    }
}
