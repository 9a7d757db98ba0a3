package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** System calls on paths, and the record lock of fcntl(2). All return a negative errno on failure. */
public final class Paths {
    /** F_GETLK and F_SETLK of asm-generic/fcntl.h on 64-bit machines. */
    private static final int GETLK = 5;

    private static final int SETLK = 6;
    private static final short WRLCK = 1;
    private static final short UNLCK = 2;

    /** struct flock on 64-bit machines: l_type, l_whence, l_start, l_len, l_pid. */
    private static final int FLOCK_BYTES = 32;

    private static final int FLOCK_PID = 24;

    private Paths() {}

    private static final class Mkdir {
        static final MemorySegment CALL = Native.symbol("mkdir");
    }

    private static final class Chmod {
        static final MemorySegment CALL = Native.symbol("chmod");
    }

    private static final class Fchmod {
        static final MemorySegment CALL = Native.symbol("fchmod");
    }

    private static final class Rename {
        static final MemorySegment CALL = Native.symbol("rename");
    }

    private static final class Unlink {
        static final MemorySegment CALL = Native.symbol("unlink");
    }

    private static final class Rmdir {
        static final MemorySegment CALL = Native.symbol("rmdir");
    }

    private static final class Fcntl {
        static final MemorySegment CALL = Native.symbol("fcntl");
    }

    /** mkdir(2); the process's umask is applied to {@code mode}. */
    public static int mkdir(String path, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            return Native.call(Mkdir.CALL, Native.address(KernelText.allocate(arena, path)), mode);
        }
    }

    /** chmod(2). */
    public static int chmod(String path, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            return Native.call(Chmod.CALL, Native.address(KernelText.allocate(arena, path)), mode);
        }
    }

    /**
     * Creates a file for writing; fails if anything exists there, even a link. Its mode is {@code mode}, whatever the
     * umask.
     */
    public static int createNew(String path, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            int flags = Libc.O_WRONLY() | Libc.O_CREAT() | Libc.O_EXCL() | Libc.O_CLOEXEC();
            int fd = Files.open(KernelText.allocate(arena, path), flags, mode);
            if (fd >= 0) {
                fchmod(fd, mode);
            }
            return fd;
        }
    }

    /** Opens an existing file for reading; does not wait for the other end of a FIFO. */
    public static int openForReading(String path) {
        try (Arena arena = Arena.ofConfined()) {
            int flags = Libc.O_RDONLY() | Libc.O_NONBLOCK() | Libc.O_CLOEXEC();
            return Files.open(KernelText.allocate(arena, path), flags, 0);
        }
    }

    /** Opens an existing file for writing. */
    public static int openForWriting(String path) {
        try (Arena arena = Arena.ofConfined()) {
            return Files.open(KernelText.allocate(arena, path), Libc.O_WRONLY() | Libc.O_CLOEXEC(), 0);
        }
    }

    /** fchmod(2). */
    public static int fchmod(int fd, int mode) {
        return Native.call(Fchmod.CALL, fd, mode);
    }

    /** rename(2). */
    public static int rename(String from, String to) {
        try (Arena arena = Arena.ofConfined()) {
            return Native.call(
                    Rename.CALL,
                    Native.address(KernelText.allocate(arena, from)),
                    Native.address(KernelText.allocate(arena, to)));
        }
    }

    /** unlink(2). */
    public static int unlink(String path) {
        try (Arena arena = Arena.ofConfined()) {
            return Native.call(Unlink.CALL, Native.address(KernelText.allocate(arena, path)), 0);
        }
    }

    /** rmdir(2). */
    public static int rmdir(String path) {
        try (Arena arena = Arena.ofConfined()) {
            return Native.call(Rmdir.CALL, Native.address(KernelText.allocate(arena, path)), 0);
        }
    }

    /** Locks the whole file for this process, without waiting; EAGAIN or EACCES if another process holds the lock. */
    public static int tryLock(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            return Native.call(Fcntl.CALL, fd, SETLK, Native.address(wholeFile(arena, WRLCK)));
        }
    }

    /**
     * Returns the process that holds a lock on the file; 0 if there is none or it is not visible in this PID namespace.
     */
    public static int lockHolder(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lock = wholeFile(arena, WRLCK);
            int result = Native.call(Fcntl.CALL, fd, GETLK, Native.address(lock));
            boolean free = lock.get(ValueLayout.JAVA_SHORT, 0) == UNLCK;
            return result < 0 || free ? 0 : Math.max(0, lock.get(ValueLayout.JAVA_INT, FLOCK_PID));
        }
    }

    private static MemorySegment wholeFile(Arena arena, short type) {
        MemorySegment lock = arena.allocate(FLOCK_BYTES, Long.BYTES);
        lock.set(ValueLayout.JAVA_SHORT, 0, type);
        return lock;
    }
}
