package dev.qlease.devmem;

import dev.qlease.linux.sys.SocketMessage;
import java.lang.foreign.Arena;

/**
 * The native memory that {@link NonBlockingSocket}s' calls take, for all sockets of an event loop: one for each thread, which
 * alone uses it. Owned by who made it.
 */
public final class LoopMemory implements AutoCloseable {
    private static final int FRAGMENTS = 1024;

    private final Arena arena;
    private final Gathering gathering;
    private final SocketMessage errors;
    private final Received received;

    @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
    private LoopMemory() {
        arena = Arena.ofShared();
        gathering = new Gathering(arena);
        errors = Completions.message(arena);
        received = Received.allocate(1, FRAGMENTS);
    }

    /** Memory for a thread. */
    public static LoopMemory allocate() {
        return new LoopMemory();
    }

    /** What is about to be sent. */
    public Gathering gathering() {
        return gathering;
    }

    /** What was just received; it is to be {@linkplain Received#target targeted} first. */
    public Received received() {
        return received;
    }

    SocketMessage errors() {
        return errors;
    }

    /** Frees it. Does nothing again. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            received.close();
            arena.close();
        }
    }
}
