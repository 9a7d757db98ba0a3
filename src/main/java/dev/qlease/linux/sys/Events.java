package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Waiting for descriptors. */
public final class Events {
    /** As a deadline: wait as long as it takes. */
    public static final long FOREVER = Long.MAX_VALUE;

    private Events() {}

    private static final class Poll {
        static final MethodHandle CALL = Native.link(Native.symbol("poll"), Libc.poll$descriptor());
    }

    private static int pollOnce(MemorySegment fds, long count, int millis) {
        return Native.callOnce(Poll.CALL, fds, count, millis);
    }

    /**
     * poll(2) until {@code deadline}: how many of the {@code count} pollfds at {@code fds} have something, 0 when the time
     * is up. A signal does not lengthen the wait.
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
        long nanos = deadline - System.nanoTime();
        return nanos <= 0 ? 0 : (int) Math.min(Integer.MAX_VALUE, (nanos + 999_999) / 1_000_000);
    }

    private static final class EpollCreate1 {
        static final MethodHandle CALL = Native.link(Native.symbol("epoll_create1"), Libc.epoll_create1$descriptor());
    }

    /** epoll_create1(2): the new descriptor. */
    public static int epollCreate(int flags) {
        return Native.callOnce(EpollCreate1.CALL, flags);
    }

    private static final class EpollCtl {
        static final MethodHandle CALL = Native.link(Native.symbol("epoll_ctl"), Libc.epoll_ctl$descriptor());
    }

    /** epoll_ctl(2). */
    public static int epollCtl(int epoll, int operation, int fd, MemorySegment event) {
        return Native.call(EpollCtl.CALL, epoll, operation, fd, event);
    }

    private static final class EpollWait {
        static final MethodHandle CALL = Native.link(Native.symbol("epoll_wait"), Libc.epoll_wait$descriptor());
    }

    /** epoll_wait(2). */
    public static int epollWait(int epoll, MemorySegment events, int max, int millis) {
        return Native.callOnce(EpollWait.CALL, epoll, events, max, millis);
    }
}
