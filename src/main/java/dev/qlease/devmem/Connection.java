package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.linger;
import dev.qlease.ffi.libc.pollfd;
import dev.qlease.ffi.libc.sockaddr_in6;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.SocketAddresses;
import dev.qlease.linux.sys.Sockets;
import dev.qlease.netlink.IpAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A TCP socket for device memory: how it is opened, and what TCP knows of it; tcp(7). */
final class Connection {
    /** linux/sockios.h: bytes that were sent and not acknowledged. */
    private static final long SIOCOUTQ = 0x5411;

    /** Room for the address of either family. */
    static final long ADDRESS_SIZE = sockaddr_in6.sizeof();

    private final FileDescriptor descriptor;
    private final SegmentAllocator memory;
    private @Nullable MemorySegment number;

    /** Uses {@code descriptor}, and what it asks the kernel with is {@code memory}. */
    Connection(FileDescriptor descriptor, SegmentAllocator memory) {
        this.descriptor = descriptor;
        this.memory = memory;
    }

    /** Opens a connection, as {@link DevmemSocket#connect} does. */
    static FileDescriptor open(
            @Nullable NetworkNamespace namespace,
            @Nullable String device,
            @Nullable InetSocketAddress local,
            InetSocketAddress peer,
            Duration patience) {
        String to = text(peer);
        FileDescriptor descriptor = socket(namespace, peer, "connection to " + to);
        try {
            zeroCopy(descriptor.number());
            bindToDevice(descriptor.number(), device);
            if (local != null) {
                bind(descriptor.number(), local);
            }
            connect(descriptor.number(), peer, "connect to " + to, patience);
            return descriptor;
        } catch (RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    private static FileDescriptor socket(@Nullable NetworkNamespace namespace, InetSocketAddress address, String what) {
        Supplier<FileDescriptor> opening = () -> FileDescriptor.owning(
                LinuxException.check(
                        Sockets.socket(
                                SocketAddresses.domain(address),
                                Libc.SOCK_STREAM() | Libc.SOCK_CLOEXEC() | Libc.SOCK_NONBLOCK(),
                                0),
                        "open a socket"),
                what);
        return namespace == null ? opening.get() : namespace.run(opening);
    }

    /** Opens a listening socket, as {@link DevmemServerSocket#listen} does. */
    static FileDescriptor listen(
            @Nullable NetworkNamespace namespace, @Nullable String device, InetSocketAddress address) {
        String at = text(address);
        FileDescriptor descriptor = socket(namespace, address, "listening at " + at);
        int fd = descriptor.number();
        try {
            bindToDevice(fd, device);
            bind(fd, address);
            LinuxException.check(Sockets.listen(fd, Libc.SOMAXCONN()), "listen at " + at);
            return descriptor;
        } catch (RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    private static void bind(int fd, InetSocketAddress address) {
        // Else a port stays taken for a minute after its last connection.
        LinuxException.check(
                Sockets.setsockopt(fd, Libc.SOL_SOCKET(), Libc.SO_REUSEADDR(), 1), "setsockopt SO_REUSEADDR");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment encoded = SocketAddresses.encode(address, arena);
            LinuxException.check(Sockets.bind(fd, encoded, (int) encoded.byteSize()), "bind to " + text(address));
        }
    }

    /** The address that a socket has itself. */
    static InetSocketAddress address(FileDescriptor descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(ADDRESS_SIZE, Long.BYTES);
            MemorySegment length = arena.allocateFrom(Libc.C_INT, (int) ADDRESS_SIZE);
            LinuxException.check(Sockets.getsockname(descriptor.number(), address, length), "getsockname");
            return SocketAddresses.decode(address);
        }
    }

    /** The address of a socket's peer; empty if it is not connected. */
    static Optional<InetSocketAddress> peer(FileDescriptor descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(ADDRESS_SIZE, Long.BYTES);
            MemorySegment length = arena.allocateFrom(Libc.C_INT, (int) ADDRESS_SIZE);
            int result = Sockets.getpeername(descriptor.number(), address, length);
            if (result == -Libc.ENOTCONN()) {
                return Optional.empty();
            }
            LinuxException.check(result, "getpeername");
            return Optional.of(SocketAddresses.decode(address));
        }
    }

    /** Lets the socket send without copying. */
    static void zeroCopy(int fd) {
        LinuxException.check(
                Sockets.setsockopt(fd, Libc.SOL_SOCKET(), Libc.SO_ZEROCOPY(), 1), "setsockopt SO_ZEROCOPY");
    }

    /** Has a socket use this device alone; null for any. */
    static void bindToDevice(int fd, @Nullable String device) {
        if (device == null) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(device);
            LinuxException.check(
                    Sockets.setsockopt(fd, Libc.SOL_SOCKET(), Libc.SO_BINDTODEVICE(), name, (int) name.byteSize()),
                    "setsockopt SO_BINDTODEVICE " + device);
        }
    }

    private static void connect(int fd, InetSocketAddress peer, String operation, Duration patience) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = SocketAddresses.encode(peer, arena);
            int result = Sockets.connect(fd, address, (int) address.byteSize());
            if (result == -Libc.EINPROGRESS() || result == -Libc.EINTR()) {
                MemorySegment polled = pollfd.allocate(arena);
                pollfd.fd(polled, fd);
                pollfd.events(polled, (short) Libc.POLLOUT());
                if (LinuxException.check(Events.poll(polled, 1, Events.deadlineAfter(patience)), operation) == 0) {
                    throw new LinuxException(operation, Errno.ETIMEDOUT.number());
                }
                result = -error(fd);
            }
            LinuxException.check(result, operation);
        }
    }

    private static int error(int fd) {
        return LinuxException.check(Sockets.getsockopt(fd, Libc.SOL_SOCKET(), Libc.SO_ERROR()), "getsockopt SO_ERROR");
    }

    /** {@code 192.0.2.1:80} or {@code [2001:db8::1]:80}. */
    static String text(InetSocketAddress peer) {
        if (peer.isUnresolved()) {
            return peer.toString();
        }
        IpAddress address = IpAddress.of(peer.getAddress());
        return (address.isIpv6() ? "[" + address + "]" : address.toString()) + ":" + peer.getPort();
    }

    /** Whether closing resets the connection and drops what is not acknowledged yet; socket(7), SO_LINGER. */
    void resetOnClose(boolean on) {
        linger(on ? 0 : -1);
    }

    /** How many seconds closing waits: 0 to reset the connection instead, -1 to leave it to the kernel. */
    void linger(int seconds) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = linger.allocate(arena);
            linger.l_onoff(value, seconds < 0 ? 0 : 1);
            linger.l_linger(value, Math.max(0, seconds));
            LinuxException.check(
                    Sockets.setsockopt(
                            descriptor.number(), Libc.SOL_SOCKET(), Libc.SO_LINGER(), value, (int) linger.sizeof()),
                    "setsockopt SO_LINGER");
        }
    }

    /** Takes the error that has ended the connection, if one has. */
    void check() {
        LinuxException.check(-error(descriptor.number()), descriptor.toString());
    }

    /** Bytes that the peer has not acknowledged. */
    synchronized int unacknowledged() {
        if (number == null) {
            number = memory.allocate(Libc.C_INT);
        }
        LinuxException.check(Files.ioctl(descriptor.number(), SIOCOUTQ, number), "ioctl SIOCOUTQ");
        return number.get(Libc.C_INT, 0);
    }
}
