package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.pollfd;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Waits for events of one descriptor, or for a wake-up through an eventfd, which the first wait opens. Any number of
 * threads can wait at once; a wait allocates nothing once as many threads have waited before. A virtual thread is
 * parked and releases its carrier. Interrupts do not end a wait; the interrupt status is kept.
 *
 * <p>Does not own the descriptor. Thread-safe; call {@link #close()} after the last other call has returned.
 */
public final class PollWaiter implements AutoCloseable {
    private final FileDescriptor watched;
    private @Nullable Arena arena;
    private @Nullable FileDescriptor eventfd;

    /** Unused pairs of pollfds: the descriptor's and the eventfd's. */
    private MemorySegment[] idle = new MemorySegment[1];

    private int idleCount;
    private final List<VirtualPoller.Wait> parked = new ArrayList<>(0);
    private boolean woken;
    private boolean ended;

    /**
     * Creates a waiter for {@code watched}, which remains owned by the caller and must stay open as long as this
     * object.
     */
    public PollWaiter(FileDescriptor watched) {
        this.watched = watched;
    }

    /**
     * Waits for {@code events}, an error or a hang-up.
     *
     * @param events POLL flags; 0 for errors alone
     * @param deadline by {@link System#nanoTime()}; {@link Events#FOREVER} for none
     * @return the events that have occurred; 0 if {@code deadline} passed or this waiter was woken or ended
     */
    public int poll(int events, long deadline) {
        return await(watched.number(), events, deadline);
    }

    /** Waits for a wake-up, for the end of this waiter, or for {@code deadline}. */
    public void pause(long deadline) {
        // poll(2) ignores negative descriptors.
        int _ = await(-1, 0, deadline);
    }

    private int await(int fd, int events, long deadline) {
        if (Thread.currentThread().isVirtual()) {
            return park(fd, events, deadline);
        }
        MemorySegment pair = take();
        if (pair == null) {
            return 0;
        }
        try {
            pollfd.fd(pair, fd);
            pollfd.events(pair, (short) events);
            pollfd.revents(pair, (short) 0);
            LinuxException.check(Events.poll(pair, 2, deadline), "poll");
            return pollfd.revents(pair);
        } finally {
            give(pair);
        }
    }

    /** Does what {@link #await} does, for a virtual thread. */
    private int park(int fd, int events, long deadline) {
        VirtualPoller.Wait wait = new VirtualPoller.Wait(events);
        synchronized (this) {
            if (woken || ended) {
                return 0;
            }
            parked.add(wait);
        }
        try {
            if (fd < 0) {
                return wait.park(deadline);
            }
            VirtualPoller poller = VirtualPoller.instance();
            poller.add(fd, wait);
            try {
                return wait.park(deadline);
            } finally {
                poller.remove(fd, wait);
            }
        } finally {
            synchronized (this) {
                parked.remove(wait);
            }
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
    private synchronized @Nullable MemorySegment take() {
        if (ended) {
            return null;
        }
        if (idleCount > 0) {
            return idle[--idleCount];
        }
        if (arena == null) {
            arena = Arena.ofShared();
        }
        MemorySegment pair = pollfd.allocateArray(2, arena);
        MemorySegment second = pollfd.asSlice(pair, 1);
        pollfd.fd(second, eventfd().number());
        pollfd.events(second, (short) Libc.POLLIN());
        return pair;
    }

    private synchronized void give(MemorySegment pair) {
        if (idleCount == idle.length) {
            idle = Arrays.copyOf(idle, 2 * idleCount);
        }
        idle[idleCount++] = pair;
    }

    private FileDescriptor eventfd() {
        FileDescriptor open = eventfd;
        if (open == null) {
            int fd = LinuxException.check(Files.eventfd(woken ? 1 : 0, Libc.EFD_CLOEXEC()), "eventfd");
            open = FileDescriptor.owning(fd, "eventfd");
            eventfd = open;
        }
        return open;
    }

    /** Ends the waits in progress, and those that begin before {@link #clear()}. */
    public synchronized void wake() {
        if (!woken) {
            woken = true;
            parked.forEach(VirtualPoller.Wait::wake);
            if (eventfd != null) {
                try (Arena local = Arena.ofConfined()) {
                    MemorySegment one = local.allocateFrom(Libc.C_LONG, 1L);
                    LinuxException.check(Files.write(eventfd.number(), one, Long.BYTES), "write of an eventfd");
                }
            }
        }
    }

    /** Undoes {@link #wake()}. For waiters used by one thread at a time. */
    public synchronized void clear() {
        if (woken && !ended) {
            woken = false;
            if (eventfd != null) {
                try (Arena local = Arena.ofConfined()) {
                    MemorySegment counter = local.allocate(Libc.C_LONG);
                    LinuxException.check(Files.read(eventfd.number(), counter, Long.BYTES), "read of an eventfd");
                }
            }
        }
    }

    /** Ends all current and future waits. Idempotent. */
    public synchronized void end() {
        if (!ended) {
            ended = true;
            wake();
        }
    }

    /** Frees the resources of waiting. Idempotent. */
    @Override
    public synchronized void close() {
        ended = true;
        if (eventfd != null) {
            eventfd.close();
            eventfd = null;
        }
        if (arena != null) {
            arena.close();
            arena = null;
        }
    }
}
