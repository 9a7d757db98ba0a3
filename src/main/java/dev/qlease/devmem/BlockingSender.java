package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.PollWaiter;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a {@link DevmemSocket}, which sends from one binding. It waits for room and for completions,
 * which the waiting threads read themselves: one of them polls, and the others wait for that thread. Thread-safe.
 */
final class BlockingSender extends ZeroCopySender {
    /** The maximum number of sends in flight. */
    static final int MAX_SENDS = 4096;

    private static final int PIECES_IN_FLIGHT = 16384;

    /** Nanoseconds between two polls of a connection that has ended, since poll(2) then returns at once every time. */
    private static final long ENDED_PAUSE = 1_000_000;

    private final TxBinding binding;
    private final Usage usage;
    private final Arena arena;
    private final CompletionReader reader;
    private final SendBatch single;
    private @Nullable SendBatch several;
    private final PollWaiter room;
    private final PollWaiter completions;

    /**
     * Creates a sender for {@code binding}.
     *
     * @param usage the socket's
     * @param arena the socket's, closed after this
     */
    BlockingSender(TcpSocket socket, TxBinding binding, Usage usage, Arena arena) {
        super(socket, MAX_SENDS, PIECES_IN_FLIGHT);
        this.binding = binding;
        this.usage = usage;
        this.arena = arena;
        this.reader = new CompletionReader(arena);
        this.single = new SendBatch(arena, 1);
        this.room = new PollWaiter(socket.descriptor());
        this.completions = new PollWaiter(socket.descriptor());
    }

    TxBinding binding() {
        return binding;
    }

    long send(long offset, long length, boolean blocking) {
        usage.enter();
        try {
            while (true) {
                long result;
                lock();
                try {
                    single.clear();
                    single.add(binding, offset, length);
                    result = attempt(single, blocking);
                } finally {
                    unlock();
                }
                if (result > 0 || !blocking) {
                    return result;
                }
                awaitRoom(result);
            }
        } finally {
            usage.leave();
        }
    }

    long send(long[] offsets, long[] lengths, int count, boolean blocking) {
        if (count < 1 || count > Uapi.UIO_MAXIOV()) {
            throw new IllegalArgumentException("a send has 1 to " + Uapi.UIO_MAXIOV() + " pieces, not " + count);
        }
        usage.enter();
        try {
            while (true) {
                long result;
                lock();
                try {
                    SendBatch batch = several();
                    batch.clear();
                    for (int i = 0; i < count; i++) {
                        batch.add(binding, offsets[i], lengths[i]);
                    }
                    result = attempt(batch, blocking);
                } finally {
                    unlock();
                }
                if (result > 0 || !blocking) {
                    return result;
                }
                awaitRoom(result);
            }
        } finally {
            usage.leave();
        }
    }

    private SendBatch several() {
        SendBatch batch = several;
        if (batch == null) {
            // Most sockets send one piece at a time.
            batch = new SendBatch(arena, Uapi.UIO_MAXIOV());
            several = batch;
        }
        return batch;
    }

    /**
     * Sends, and reads completions only if there is no room, since each read is a system call. They must be read then:
     * unread completions end a poll at once, and count against the limits.
     *
     * @return as {@link #send(SendBatch, int, long)}; if not {@code blocking}, 0 instead of {@link #FULL} or {@link
     *     #LIMITED}
     */
    private long attempt(SendBatch batch, boolean blocking) {
        long result = send(batch, 0, 0);
        while (result <= 0 && drain(reader) > 0) {
            result = send(batch, 0, 0);
        }
        return blocking ? result : Math.max(0, result);
    }

    private void awaitRoom(long refusal) {
        if (refusal == FULL) {
            room.poll(Libc.POLLOUT(), Events.FOREVER);
        } else {
            lock();
            try {
                awaitChange(Events.FOREVER);
            } finally {
                unlock();
            }
        }
        checkOpen();
    }

    private void checkOpen() {
        if (isClosed()) {
            throw new IllegalStateException(socket() + " was closed during the wait");
        }
    }

    /** Reads the available completions; returns how many sends have completed by them. */
    int complete() {
        usage.enter();
        try {
            return drain(reader);
        } finally {
            usage.leave();
        }
    }

    @Override
    void refresh() {
        if (usage.tryEnter()) {
            try {
                drain(reader);
            } finally {
                usage.leave();
            }
        }
    }

    @Override
    boolean awaitChange(long deadline) {
        if (Events.nanosUntil(deadline) <= 0) {
            return false;
        }
        if (isPolling() || !usage.tryEnter()) {
            return awaitOthers(deadline);
        }
        try {
            return pollCompletions(deadline);
        } finally {
            usage.leave();
        }
    }

    private boolean pollCompletions(long deadline) {
        polling(completions);
        try {
            int events = unlocked(0, deadline);
            if (events != 0 && drain(reader) == 0) {
                unlocked(-1, Math.min(deadline, System.nanoTime() + ENDED_PAUSE));
            }
        } finally {
            polling(null);
            completions.clear();
        }
        return true;
    }

    /** Releases the lock and polls for {@code events}, or pauses if {@code events} is negative. */
    private int unlocked(int events, long deadline) {
        unlock();
        try {
            if (events < 0) {
                completions.pause(deadline);
                return 0;
            }
            return completions.poll(events, deadline);
        } finally {
            lock();
        }
    }

    /**
     * Waits until no send in flight includes any of these bytes.
     *
     * @return false if {@code deadline} passed before that
     * @throws IllegalStateException if the socket is closed, before or meanwhile
     */
    boolean awaitFree(long offset, long length, long deadline) {
        checkNotNegative(offset, length);
        usage.enter();
        lock();
        try {
            while (holds(binding, offset, length)) {
                if (!awaitChange(deadline)) {
                    return false;
                }
                checkOpen();
            }
            return true;
        } finally {
            unlock();
            usage.leave();
        }
    }

    private static void checkNotNegative(long offset, long length) {
        if ((offset | length) < 0) {
            throw new IndexOutOfBoundsException("there are no " + length + " bytes from " + offset);
        }
    }

    /** Returns whether a send in flight includes any of these bytes. */
    boolean holdsAny(long offset, long length) {
        checkNotNegative(offset, length);
        return holds(binding, offset, length);
    }

    /** Refuses further sends and ends all current waits. */
    void endSends() {
        close();
        room.end();
        completions.wake();
    }

    /**
     * Refuses further sends and waits for those in flight; returns how many are still in flight when {@code deadline}
     * passes.
     */
    int end(long deadline) {
        endSends();
        return await(deadline);
    }

    /** Frees the resources used for waiting, after the last use. The arena belongs to the socket. */
    void free() {
        room.close();
        completions.close();
    }
}
