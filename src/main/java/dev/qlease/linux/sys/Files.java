package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Calls on files and on descriptors of any kind. */
public final class Files {
    private Files() {}

    private static final class Open {
        static final MethodHandle CALL = Native.linkVariadic(
                Native.symbol("open"), FunctionDescriptor.of(Libc.C_INT, Libc.C_POINTER, Libc.C_INT, Libc.C_INT), 2);
    }

    /** open(2); {@code mode} counts where {@code flags} create. */
    public static int open(MemorySegment path, int flags, int mode) {
        return Native.call(Open.CALL, path, flags, mode);
    }

    private static final class Close {
        static final MethodHandle CALL = Native.link(Native.symbol("close"), Libc.close$descriptor());
    }

    /** close(2), once: the descriptor is gone also when a signal came. */
    public static int close(int fd) {
        return Native.callOnce(Close.CALL, fd);
    }

    private static final class Read {
        static final MethodHandle CALL = Native.link(Native.symbol("read"), Libc.read$descriptor());
    }

    /** read(2): bytes read, 0 at the end. */
    public static long read(int fd, MemorySegment buffer, long length) {
        return Native.callLong(Read.CALL, fd, buffer, length);
    }

    private static final class Write {
        static final MethodHandle CALL = Native.link(Native.symbol("write"), Libc.write$descriptor());
    }

    /** write(2): bytes written. */
    public static long write(int fd, MemorySegment buffer, long length) {
        return Native.callLong(Write.CALL, fd, buffer, length);
    }

    private static final class Fcntl {
        static final MethodHandle CALL = Native.linkVariadic(
                Native.symbol("fcntl"), FunctionDescriptor.of(Libc.C_INT, Libc.C_INT, Libc.C_INT, Libc.C_INT), 2);
    }

    /** fcntl(2) with an int argument. */
    public static int fcntl(int fd, int command, int argument) {
        return Native.call(Fcntl.CALL, fd, command, argument);
    }

    private static final class Ioctl {
        static final MethodHandle CALL = Native.linkVariadic(
                Native.symbol("ioctl"), FunctionDescriptor.of(Libc.C_INT, Libc.C_INT, Libc.C_LONG, Libc.C_POINTER), 2);
    }

    /** ioctl(2) with a pointer argument. */
    public static int ioctl(int fd, long request, MemorySegment argument) {
        return Native.call(Ioctl.CALL, fd, request, argument);
    }

    private static final class Ftruncate {
        static final MethodHandle CALL = Native.link(Native.symbol("ftruncate"), Libc.ftruncate$descriptor());
    }

    /** ftruncate(2). */
    public static int ftruncate(int fd, long length) {
        return Native.call(Ftruncate.CALL, fd, length);
    }

    private static final class MemfdCreate {
        static final MethodHandle CALL = Native.link(Native.symbol("memfd_create"), Libc.memfd_create$descriptor());
    }

    /** memfd_create(2): the new descriptor. */
    public static int memfdCreate(MemorySegment name, int flags) {
        return Native.call(MemfdCreate.CALL, name, flags);
    }

    private static final class Eventfd {
        static final MethodHandle CALL = Native.link(Native.symbol("eventfd"), Libc.eventfd$descriptor());
    }

    /** eventfd(2): the new descriptor. */
    public static int eventfd(int count, int flags) {
        return Native.call(Eventfd.CALL, count, flags);
    }

    private static final class Lseek {
        static final MethodHandle CALL = Native.link(Native.symbol("lseek"), Libc.lseek$descriptor());
    }

    /** lseek(2) {@code whence}: from the end. */
    public static final int SEEK_END = Libc.SEEK_END();

    /** lseek(2): the new position. */
    public static long lseek(int fd, long offset, int whence) {
        return Native.callLong(Lseek.CALL, fd, offset, whence);
    }
}
