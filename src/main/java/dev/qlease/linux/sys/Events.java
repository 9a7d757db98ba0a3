package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/** Waiting for descriptors. */
public final class Events {
    /** A deadline that never passes. */
    public static final long FOREVER = Long.MAX_VALUE;

    /** A hundred years. */
    private static final Duration LONGEST = Duration.ofDays(36_525);

    private static final long LIFETIME = LONGEST.toNanos();

    private Events() {}

    private static final class Poll {
        static final MemorySegment CALL = Native.symbol("poll");
    }

    private static int pollOnce(MemorySegment fds, long count, int millis) {
        return Native.callOnce(Poll.CALL, Native.address(fds), count, millis);
    }

    /**
     * Calls poll(2) until {@code deadline}; returns how many of the {@code count} pollfds at {@code fds} are ready, 0
     * if the deadline passed. A signal does not prolong the wait.
     *
     * @param deadline by {@link System#nanoTime()}; {@link #FOREVER} for none
     */
    public static int poll(MemorySegment fds, int count, long deadline) {
        int result;
        do {
            result = pollOnce(fds, count, millisUntil(deadline));
        } while (result == -Libc.EINTR());
        return result;
    }

    private static int millisUntil(long deadline) {
        if (deadline == FOREVER) {
            return -1;
        }
        long nanos = nanosUntil(deadline);
        return nanos <= 0 ? 0 : (int) Math.min(Integer.MAX_VALUE, (nanos - 1) / 1_000_000 + 1);
    }

    /** The deadline {@code patience} from now; {@link #FOREVER} if that is more than a lifetime. */
    public static long deadlineAfter(Duration patience) {
        long nanos = nanos(patience);
        return nanos == LIFETIME ? FOREVER : System.nanoTime() + nanos;
    }

    /** Returns the nanoseconds until {@code deadline}; negative if it has passed, a lifetime for {@link #FOREVER}. */
    public static long nanosUntil(long deadline) {
        return deadline == FOREVER ? LIFETIME : deadline - System.nanoTime();
    }

    /**
     * Returns {@code duration} in nanoseconds, between zero and a lifetime, so that adding it to the time does not
     * overflow.
     */
    public static long nanos(Duration duration) {
        if (duration.compareTo(LONGEST) >= 0) {
            return LIFETIME;
        }
        return duration.isNegative() ? 0 : duration.toNanos();
    }

    private static final class EpollCreate1 {
        static final MemorySegment CALL = Native.symbol("epoll_create1");
    }

    /** epoll_create1(2); returns the new descriptor. */
    public static int epollCreate(int flags) {
        return Native.callOnce(EpollCreate1.CALL, flags);
    }

    private static final class EpollCtl {
        static final MemorySegment CALL = Native.symbol("epoll_ctl");
    }

    /** epoll_ctl(2). */
    public static int epollCtl(int epoll, int operation, int fd, MemorySegment event) {
        return Native.call(EpollCtl.CALL, epoll, operation, fd, Native.address(event));
    }

    /**
     * Registers {@code fd} with {@code epoll}.
     *
     * @param events EPOLL flags
     * @param data what {@link EpollEvent#data} returns for its events
     * @throws LinuxException EEXIST if it is already registered
     */
    public static void epollAdd(int epoll, int fd, int events, long data) {
        epollControl(epoll, Libc.EPOLL_CTL_ADD(), fd, events, data);
    }

    /** epoll_ctl(2), with an event in memory of its own. */
    static void epollControl(int epoll, int operation, int fd, int events, long data) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(EpollEvent.LAYOUT);
            EpollEvent.set(event, 0, events, data);
            LinuxException.check(epollCtl(epoll, operation, fd, event), "epoll_ctl");
        }
    }

    private static final class EpollWait {
        static final MemorySegment CALL = Native.symbol("epoll_wait");
    }

    /**
     * epoll_wait(2); returns how many of the {@code max} {@linkplain EpollEvent events} at {@code events} were filled.
     */
    public static int epollWait(int epoll, MemorySegment events, int max, int millis) {
        return Native.callOnce(EpollWait.CALL, epoll, Native.address(events), max, millis);
    }
}
