package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.pollfd;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** System calls about the calling thread and process. */
public final class Processes {
    /** The terminal's stop signal; asm-generic/signal.h, the same on x86_64 and aarch64. */
    public static final int SIGTSTP = 20;

    /** From linux/time.h. */
    private static final int CLOCK_PROCESS_CPUTIME_ID = 2;

    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private Processes() {}

    private static final class Geteuid {
        static final MemorySegment CALL = Native.symbol("geteuid");
    }

    /** geteuid(2), which cannot fail. */
    public static int geteuid() {
        return Native.call(Geteuid.CALL);
    }

    private static final class ClockGettime {
        static final MemorySegment CALL = Native.symbol("clock_gettime");
    }

    /**
     * Returns the processor time in nanoseconds that the threads of this process have used in user space and in the
     * kernel; clock_gettime(2) of CLOCK_PROCESS_CPUTIME_ID.
     */
    public static long processorTime() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment time = arena.allocate(ValueLayout.JAVA_LONG, 2);
            LinuxException.check(
                    Native.call(ClockGettime.CALL, CLOCK_PROCESS_CPUTIME_ID, Native.address(time)), "clock_gettime");
            return time.getAtIndex(ValueLayout.JAVA_LONG, 0) * NANOS_PER_SECOND
                    + time.getAtIndex(ValueLayout.JAVA_LONG, 1);
        }
    }

    private static final class Setsid {
        static final MemorySegment CALL = Native.symbol("setsid");
    }

    /** setsid(2): leaves the terminal, so that its hangup and its keys send no signals. */
    public static int setsid() {
        return Native.call(Setsid.CALL);
    }

    private static final class Gettid {
        static final MemorySegment CALL = Native.symbol("gettid");
    }

    private static final class Tgkill {
        static final MemorySegment CALL = Native.symbol("tgkill");
    }

    /** Sends a signal to the calling thread, which has its effect before this returns; tgkill(2). */
    public static int raise(int signal) {
        return Native.call(Tgkill.CALL, ProcessHandle.current().pid(), Native.call(Gettid.CALL), signal);
    }

    /** Returns whether the process of a pidfd is still running; pidfd_open(2). */
    public static boolean isRunning(FileDescriptor pidfd) {
        int fd = pidfd.use();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment wait = pollfd.allocate(arena);
            pollfd.fd(wait, fd);
            pollfd.events(wait, (short) Libc.POLLIN());
            return LinuxException.check(Events.poll(wait, 1, System.nanoTime()), "poll of a pidfd") == 0;
        } finally {
            pidfd.release();
        }
    }

    private static final class Setns {
        static final MemorySegment CALL = Native.symbol("setns");
    }

    /** setns(2); moves the calling thread. */
    public static int setns(int fd, int type) {
        return Native.call(Setns.CALL, fd, type);
    }

    private static final class Unshare {
        static final MemorySegment CALL = Native.symbol("unshare");
    }

    /** unshare(2), for the calling thread. */
    public static int unshare(int flags) {
        return Native.callOnce(Unshare.CALL, flags);
    }

    private static final class Mount {
        static final MemorySegment CALL = Native.symbol("mount");
    }

    /** mount(2). */
    public static int mount(
            MemorySegment source, MemorySegment target, MemorySegment type, long flags, MemorySegment data) {
        return Native.call(
                Mount.CALL,
                Native.address(source),
                Native.address(target),
                Native.address(type),
                flags,
                Native.address(data));
    }

    private static final class Umount2 {
        static final MemorySegment CALL = Native.symbol("umount2");
    }

    /** umount2(2). */
    public static int umount(MemorySegment target, int flags) {
        return Native.call(Umount2.CALL, Native.address(target), flags);
    }

    private static final class Getrlimit {
        static final MemorySegment CALL = Native.symbol("getrlimit");
    }

    /** getrlimit(2). */
    public static int getrlimit(int resource, MemorySegment limit) {
        return Native.call(Getrlimit.CALL, resource, Native.address(limit));
    }

    private static final class Setrlimit {
        static final MemorySegment CALL = Native.symbol("setrlimit");
    }

    /** setrlimit(2). */
    public static int setrlimit(int resource, MemorySegment limit) {
        return Native.call(Setrlimit.CALL, resource, Native.address(limit));
    }
}
