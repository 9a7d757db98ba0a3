package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The socket system calls. */
public final class Sockets {
    private Sockets() {}

    /**
     * syscall(2) for the calls that are made for each message. The C library's own functions are cancellation points,
     * which in a process with several threads costs two atomic operations and a call.
     */
    private static final class Syscall {
        static final MemorySegment CALL = Native.symbol("syscall");
        static final int SENDTO = number(44, 206);
        static final int RECVMSG = number(47, 212);
    }

    /** The number on the two architectures of the bindings; asm/unistd_64.h, asm-generic/unistd.h. */
    private static int number(int amd64, int aarch64) {
        return "aarch64".equals(System.getProperty("os.arch")) ? aarch64 : amd64;
    }

    private static final class Socket {
        static final MemorySegment CALL = Native.symbol("socket");
    }

    /** socket(2); returns the new descriptor, close-on-exec if {@code type} requests that. */
    public static int socket(int domain, int type, int protocol) {
        return Native.call(Socket.CALL, domain, type, protocol);
    }

    private static final class Socketpair {
        static final MemorySegment CALL = Native.symbol("socketpair");
    }

    /** socketpair(2); {@code pair} has space for two ints. */
    public static int socketpair(int domain, int type, int protocol, MemorySegment pair) {
        return Native.call(Socketpair.CALL, domain, type, protocol, Native.address(pair));
    }

    private static final class Bind {
        static final MemorySegment CALL = Native.symbol("bind");
    }

    /** bind(2). */
    public static int bind(int fd, MemorySegment address, int length) {
        return Native.callOnce(Bind.CALL, fd, Native.address(address), length);
    }

    private static final class Connect {
        static final MemorySegment CALL = Native.symbol("connect");
    }

    /** connect(2), not repeated after a signal: the connection attempt then continues. */
    public static int connect(int fd, MemorySegment address, int length) {
        return Native.callOnce(Connect.CALL, fd, Native.address(address), length);
    }

    private static final class Listen {
        static final MemorySegment CALL = Native.symbol("listen");
    }

    /** listen(2). */
    public static int listen(int fd, int backlog) {
        return Native.call(Listen.CALL, fd, backlog);
    }

    private static final class Accept4 {
        static final MemorySegment CALL = Native.symbol("accept4");
    }

    /** accept4(2). */
    public static int accept(int fd, MemorySegment address, MemorySegment length, int flags) {
        return Native.call(Accept4.CALL, fd, Native.address(address), Native.address(length), flags);
    }

    private static final class Getsockname {
        static final MemorySegment CALL = Native.symbol("getsockname");
    }

    /** getsockname(2). */
    public static int getsockname(int fd, MemorySegment address, MemorySegment length) {
        return Native.call(Getsockname.CALL, fd, Native.address(address), Native.address(length));
    }

    private static final class Getpeername {
        static final MemorySegment CALL = Native.symbol("getpeername");
    }

    /** getpeername(2). */
    public static int getpeername(int fd, MemorySegment address, MemorySegment length) {
        return Native.call(Getpeername.CALL, fd, Native.address(address), Native.address(length));
    }

    private static final class Setsockopt {
        static final MemorySegment CALL = Native.symbol("setsockopt");
    }

    /** setsockopt(2). */
    public static int setsockopt(int fd, int level, int option, MemorySegment value, int length) {
        return Native.call(Setsockopt.CALL, fd, level, option, Native.address(value), length);
    }

    private static final class Getsockopt {
        static final MemorySegment CALL = Native.symbol("getsockopt");
    }

    /** getsockopt(2). */
    public static int getsockopt(int fd, int level, int option, MemorySegment value, MemorySegment length) {
        return Native.call(Getsockopt.CALL, fd, level, option, Native.address(value), Native.address(length));
    }

    private static final class Sendmsg {
        static final MemorySegment CALL = Native.symbol("sendmsg");
    }

    /** sendmsg(2); returns the bytes sent. */
    public static long sendmsg(int fd, MemorySegment message, int flags) {
        return Native.callLong(Sendmsg.CALL, fd, Native.address(message), flags);
    }

    /** recvmsg(2); returns the bytes received. */
    public static long recvmsg(int fd, MemorySegment message, int flags) {
        return Native.callLong(Syscall.CALL, Syscall.RECVMSG, fd, Native.address(message), flags, 0, 0);
    }

    /** send(2); returns the bytes sent. */
    public static long send(int fd, MemorySegment buffer, long length, int flags) {
        // The address is NULL, with which the kernel ignores the sixth argument, the address's length.
        return Native.callLong(Syscall.CALL, Syscall.SENDTO, fd, Native.address(buffer), length, flags, 0);
    }

    private static final class Sendto {
        static final MemorySegment CALL = Native.symbol("sendto");
    }

    /** sendto(2); {@link MemorySegment#NULL} and 0 for no address. */
    public static long sendto(
            int fd, MemorySegment buffer, long length, int flags, MemorySegment address, int addressLength) {
        return Native.callLong(
                Sendto.CALL, fd, Native.address(buffer), length, flags, Native.address(address), addressLength);
    }

    private static final class Shutdown {
        static final MemorySegment CALL = Native.symbol("shutdown");
    }

    /** shutdown(2). */
    public static int shutdown(int fd, int how) {
        return Native.call(Shutdown.CALL, fd, how);
    }

    /** Sets an option with an int value. */
    public static int setsockopt(int fd, int level, int option, int value) {
        try (Arena arena = Arena.ofConfined()) {
            return setsockopt(fd, level, option, arena.allocateFrom(Libc.C_INT, value), Integer.BYTES);
        }
    }

    /** Reads an option with an int value, which must not be negative: negative results are errors. */
    public static int getsockopt(int fd, int level, int option) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(Libc.C_INT);
            int result =
                    getsockopt(fd, level, option, value, arena.allocateFrom(Libc.C_INT, (int) Libc.C_INT.byteSize()));
            return result < 0 ? result : value.get(Libc.C_INT, 0);
        }
    }
}
