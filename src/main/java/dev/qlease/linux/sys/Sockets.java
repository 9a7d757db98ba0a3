package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The socket calls. */
public final class Sockets {
    private Sockets() {}

    private static final class Socket {
        static final MethodHandle CALL = Native.link(Native.symbol("socket"), Libc.socket$descriptor());
    }

    /** socket(2): the new descriptor, close-on-exec if {@code type} says so. */
    public static int socket(int domain, int type, int protocol) {
        return Native.call(Socket.CALL, domain, type, protocol);
    }

    private static final class Socketpair {
        static final MethodHandle CALL = Native.link(Native.symbol("socketpair"), Libc.socketpair$descriptor());
    }

    /** socketpair(2): {@code pair} has room for two ints. */
    public static int socketpair(int domain, int type, int protocol, MemorySegment pair) {
        return Native.call(Socketpair.CALL, domain, type, protocol, pair);
    }

    private static final class Bind {
        static final MethodHandle CALL = Native.link(Native.symbol("bind"), Libc.bind$descriptor());
    }

    /** bind(2). */
    public static int bind(int fd, MemorySegment address, int length) {
        return Native.callOnce(Bind.CALL, fd, address, length);
    }

    private static final class Connect {
        static final MethodHandle CALL = Native.link(Native.symbol("connect"), Libc.connect$descriptor());
    }

    /** connect(2), not called again after a signal: the connection is then still being made. */
    public static int connect(int fd, MemorySegment address, int length) {
        return Native.callOnce(Connect.CALL, fd, address, length);
    }

    private static final class Listen {
        static final MethodHandle CALL = Native.link(Native.symbol("listen"), Libc.listen$descriptor());
    }

    /** listen(2). */
    public static int listen(int fd, int backlog) {
        return Native.call(Listen.CALL, fd, backlog);
    }

    private static final class Accept4 {
        static final MethodHandle CALL = Native.link(Native.symbol("accept4"), Libc.accept4$descriptor());
    }

    /** accept4(2). */
    public static int accept(int fd, MemorySegment address, MemorySegment length, int flags) {
        return Native.call(Accept4.CALL, fd, address, length, flags);
    }

    private static final class Getsockname {
        static final MethodHandle CALL = Native.link(Native.symbol("getsockname"), Libc.getsockname$descriptor());
    }

    /** getsockname(2). */
    public static int getsockname(int fd, MemorySegment address, MemorySegment length) {
        return Native.call(Getsockname.CALL, fd, address, length);
    }

    private static final class Getpeername {
        static final MethodHandle CALL = Native.link(Native.symbol("getpeername"), Libc.getpeername$descriptor());
    }

    /** getpeername(2). */
    public static int getpeername(int fd, MemorySegment address, MemorySegment length) {
        return Native.call(Getpeername.CALL, fd, address, length);
    }

    private static final class Setsockopt {
        static final MethodHandle CALL = Native.link(Native.symbol("setsockopt"), Libc.setsockopt$descriptor());
    }

    /** setsockopt(2). */
    public static int setsockopt(int fd, int level, int option, MemorySegment value, int length) {
        return Native.call(Setsockopt.CALL, fd, level, option, value, length);
    }

    private static final class Getsockopt {
        static final MethodHandle CALL = Native.link(Native.symbol("getsockopt"), Libc.getsockopt$descriptor());
    }

    /** getsockopt(2). */
    public static int getsockopt(int fd, int level, int option, MemorySegment value, MemorySegment length) {
        return Native.call(Getsockopt.CALL, fd, level, option, value, length);
    }

    private static final class Sendmsg {
        static final MethodHandle CALL = Native.link(Native.symbol("sendmsg"), Libc.sendmsg$descriptor());
    }

    /** sendmsg(2): bytes sent. */
    public static long sendmsg(int fd, MemorySegment message, int flags) {
        return Native.callLong(Sendmsg.CALL, fd, message, flags);
    }

    private static final class Recvmsg {
        static final MethodHandle CALL = Native.link(Native.symbol("recvmsg"), Libc.recvmsg$descriptor());
    }

    /** recvmsg(2): bytes received. */
    public static long recvmsg(int fd, MemorySegment message, int flags) {
        return Native.callLong(Recvmsg.CALL, fd, message, flags);
    }

    private static final class Sendto {
        static final MethodHandle CALL = Native.link(Native.symbol("sendto"), Libc.sendto$descriptor());
    }

    /** sendto(2); {@link MemorySegment#NULL} and 0 for no address. */
    public static long sendto(
            int fd, MemorySegment buffer, long length, int flags, MemorySegment address, int addressLength) {
        return Native.callLong(Sendto.CALL, fd, buffer, length, flags, address, addressLength);
    }

    private static final class Shutdown {
        static final MethodHandle CALL = Native.link(Native.symbol("shutdown"), Libc.shutdown$descriptor());
    }

    /** shutdown(2). */
    public static int shutdown(int fd, int how) {
        return Native.call(Shutdown.CALL, fd, how);
    }

    /** Sets an option whose value is an int. */
    public static int setsockopt(int fd, int level, int option, int value) {
        try (Arena arena = Arena.ofConfined()) {
            return setsockopt(fd, level, option, arena.allocateFrom(Libc.C_INT, value), Integer.BYTES);
        }
    }

    /** Reads an option whose value is an int, which must not be negative: those are errors. */
    public static int getsockopt(int fd, int level, int option) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(Libc.C_INT);
            int result =
                    getsockopt(fd, level, option, value, arena.allocateFrom(Libc.C_INT, (int) Libc.C_INT.byteSize()));
            return result < 0 ? result : value.get(Libc.C_INT, 0);
        }
    }
}
