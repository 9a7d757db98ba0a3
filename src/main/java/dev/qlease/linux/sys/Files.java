package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import java.lang.foreign.MemorySegment;

/** Calls on files and on descriptors of any kind. */
public final class Files {
    private Files() {}

    private static final class Open {
        static final MemorySegment CALL = Native.symbol("open");
    }

    /** open(2); {@code mode} counts where {@code flags} create. */
    public static int open(MemorySegment path, int flags, int mode) {
        return Native.call(Open.CALL, Native.address(path), flags, mode);
    }

    private static final class Close {
        static final MemorySegment CALL = Native.symbol("close");
    }

    /** close(2), once: the descriptor is gone also when a signal came. */
    public static int close(int fd) {
        return Native.callOnce(Close.CALL, fd);
    }

    private static final class Read {
        static final MemorySegment CALL = Native.symbol("read");
    }

    /** read(2): bytes read, 0 at the end. */
    public static long read(int fd, MemorySegment buffer, long length) {
        return Native.callLong(Read.CALL, fd, Native.address(buffer), length);
    }

    private static final class Write {
        static final MemorySegment CALL = Native.symbol("write");
    }

    /** write(2): bytes written. */
    public static long write(int fd, MemorySegment buffer, long length) {
        return Native.callLong(Write.CALL, fd, Native.address(buffer), length);
    }

    private static final class Fcntl {
        static final MemorySegment CALL = Native.symbol("fcntl");
    }

    /** fcntl(2) with an int argument. */
    public static int fcntl(int fd, int command, int argument) {
        return Native.call(Fcntl.CALL, fd, command, argument);
    }

    private static final class Ioctl {
        static final MemorySegment CALL = Native.symbol("ioctl");
    }

    /** ioctl(2) with a pointer argument. */
    public static int ioctl(int fd, long request, MemorySegment argument) {
        return Native.call(Ioctl.CALL, fd, request, Native.address(argument));
    }

    private static final class Ftruncate {
        static final MemorySegment CALL = Native.symbol("ftruncate");
    }

    /** ftruncate(2). */
    public static int ftruncate(int fd, long length) {
        return Native.call(Ftruncate.CALL, fd, length);
    }

    private static final class MemfdCreate {
        static final MemorySegment CALL = Native.symbol("memfd_create");
    }

    /** memfd_create(2): the new descriptor. */
    public static int memfdCreate(MemorySegment name, int flags) {
        return Native.call(MemfdCreate.CALL, Native.address(name), flags);
    }

    private static final class Eventfd {
        static final MemorySegment CALL = Native.symbol("eventfd");
    }

    /** eventfd(2): the new descriptor. */
    public static int eventfd(int count, int flags) {
        return Native.call(Eventfd.CALL, count, flags);
    }

    private static final class Lseek {
        static final MemorySegment CALL = Native.symbol("lseek");
    }

    /** lseek(2) {@code whence}: from the end. */
    public static final int SEEK_END = Libc.SEEK_END();

    /** lseek(2): the new position. */
    public static long lseek(int fd, long offset, int whence) {
        return Native.callLong(Lseek.CALL, fd, offset, whence);
    }
}
