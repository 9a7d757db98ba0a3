package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** System calls on files and on descriptors of any kind. */
public final class Files {
    private Files() {}

    private static final class Open {
        static final MemorySegment CALL = Native.symbol("open");
    }

    /** open(2); {@code mode} applies only if {@code flags} creates a file. */
    public static int open(MemorySegment path, int flags, int mode) {
        return Native.call(Open.CALL, Native.address(path), flags, mode);
    }

    private static final class Close {
        static final MemorySegment CALL = Native.symbol("close");
    }

    /** close(2), called once: the descriptor is closed even if a signal interrupts the call. */
    public static int close(int fd) {
        return Native.callOnce(Close.CALL, fd);
    }

    private static final class Read {
        static final MemorySegment CALL = Native.symbol("read");
    }

    /** read(2); returns the bytes read, 0 at the end. */
    public static long read(int fd, MemorySegment buffer, long length) {
        return Native.callLong(Read.CALL, fd, Native.address(buffer), length);
    }

    private static final class Write {
        static final MemorySegment CALL = Native.symbol("write");
    }

    /** write(2); returns the bytes written. */
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

    /** memfd_create(2); returns the new descriptor. */
    public static int memfdCreate(MemorySegment name, int flags) {
        return Native.call(MemfdCreate.CALL, Native.address(name), flags);
    }

    private static final class Eventfd {
        static final MemorySegment CALL = Native.symbol("eventfd");
    }

    /** eventfd(2); returns the new descriptor. */
    public static int eventfd(int count, int flags) {
        return Native.call(Eventfd.CALL, count, flags);
    }

    private static final class Fstatfs {
        static final MemorySegment CALL = Native.symbol("fstatfs");
    }

    /** The size of struct statfs, rounded up; its first member, a long, is the type of the file system. */
    private static final long STATFS = 256;

    /** fstatfs(2); returns the magic number of the file's file system, or the negative errno. */
    public static long fileSystemType(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(STATFS, Long.BYTES);
            int result = Native.call(Fstatfs.CALL, fd, Native.address(status));
            return result < 0 ? result : status.get(Libc.C_LONG, 0);
        }
    }

    private static final class Readlink {
        static final MemorySegment CALL = Native.symbol("readlink");
    }

    /** readlink(2); returns how many bytes of {@code buffer} were filled. */
    public static long readlink(MemorySegment path, MemorySegment buffer) {
        return Native.callLong(Readlink.CALL, Native.address(path), Native.address(buffer), buffer.byteSize());
    }

    private static final class Statx {
        static final MemorySegment CALL = Native.symbol("statx");
    }

    /** The size of struct statx and the offset of its stx_ino, the same on all architectures; linux/stat.h. */
    private static final long STATX = 256;

    private static final long STX_INO = 32;
    private static final int STATX_INO = 0x100;

    /** statx(2); returns the file's inode number, or the negative errno. */
    public static long inode(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            return inode(fd, arena.allocateFrom(""), Libc.AT_EMPTY_PATH(), arena);
        }
    }

    /** statx(2); returns the inode number of the file that {@code path} leads to, or the negative errno. */
    public static long inode(String path) {
        try (Arena arena = Arena.ofConfined()) {
            return inode(Libc.AT_FDCWD(), KernelText.allocate(arena, path), 0, arena);
        }
    }

    private static long inode(int directory, MemorySegment path, int flags, Arena arena) {
        MemorySegment status = arena.allocate(STATX, Long.BYTES);
        int result = Native.call(Statx.CALL, directory, Native.address(path), flags, STATX_INO, Native.address(status));
        return result < 0 ? result : status.get(Libc.C_LONG, STX_INO);
    }

    private static final class Lseek {
        static final MemorySegment CALL = Native.symbol("lseek");
    }

    /** The {@code whence} of lseek(2) for the end of the file. */
    public static final int SEEK_END = Libc.SEEK_END();

    /** lseek(2); returns the new position. */
    public static long lseek(int fd, long offset, int whence) {
        return Native.callLong(Lseek.CALL, fd, offset, whence);
    }
}
