package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.linger;
import dev.qlease.ffi.libc.sockaddr_in6;
import dev.qlease.ffi.uapi.dmabuf_token;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.linux.sys.SocketAddresses;
import dev.qlease.linux.sys.Sockets;
import dev.qlease.netlink.IpAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A non-blocking TCP socket, with every system call that this package makes on one; tcp(7), socket(7).
 *
 * <p>Owns its descriptor. No call waits. Thread-safe as far as the kernel is; callers must keep it open for the
 * duration of each call.
 */
final class TcpSocket implements AutoCloseable {
    /** From linux/sockios.h: the number of bytes sent and not acknowledged. */
    private static final long SIOCOUTQ = 0x5411;

    /** From the kernel's own linux/socket.h; no uapi header defines it. */
    private static final int MSG_SOCK_DEVMEM = 0x2000000;

    /** Size of an address of either family. */
    private static final long ADDRESS_SIZE = sockaddr_in6.sizeof();

    private final FileDescriptor descriptor;

    /** Whether it is an IPv6 socket, which takes IPv4 addresses in IPv4-mapped form. */
    private final boolean ipv6;

    private TcpSocket(FileDescriptor descriptor, boolean ipv6) {
        this.descriptor = descriptor;
        this.ipv6 = ipv6;
    }

    /**
     * Opens a socket of the address family of {@code address}.
     *
     * @param what the name of the socket in messages
     * @throws LinuxException EMFILE and so on
     */
    static TcpSocket open(NetworkNamespace namespace, InetSocketAddress address, String what) {
        int domain = SocketAddresses.domain(address);
        return namespace.run(() -> new TcpSocket(
                FileDescriptor.owning(LinuxException.check(socket(domain), "open a socket"), what),
                domain == Libc.AF_INET6()));
    }

    /** Opens a dual-stack IPv6 socket, or an IPv4 socket if the kernel has no IPv6. */
    static TcpSocket open(NetworkNamespace namespace) {
        return namespace.run(TcpSocket::openBoth);
    }

    private static int socket(int domain) {
        return Sockets.socket(domain, Libc.SOCK_STREAM() | Libc.SOCK_CLOEXEC() | Libc.SOCK_NONBLOCK(), 0);
    }

    private static TcpSocket openBoth() {
        int fd = socket(Libc.AF_INET6());
        boolean ipv6 = fd != -Libc.EAFNOSUPPORT();
        if (!ipv6) {
            fd = socket(Libc.AF_INET());
        }
        TcpSocket socket =
                new TcpSocket(FileDescriptor.owning(LinuxException.check(fd, "open a socket"), "TCP socket"), ipv6);
        if (ipv6) {
            socket.orClose(() -> socket.set(Libc.SOL_IPV6(), Libc.IPV6_V6ONLY(), 0, "IPV6_V6ONLY"));
        }
        return socket;
    }

    /** Runs {@code action}; closes this socket if it throws. */
    void orClose(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    FileDescriptor descriptor() {
        return descriptor;
    }

    private int fd() {
        return descriptor.number();
    }

    boolean isIpv6() {
        return ipv6;
    }

    /** Returns an address as {@code 192.0.2.1:80} or {@code [2001:db8::1]:80}. */
    static String text(InetSocketAddress address) {
        if (address.isUnresolved()) {
            return address.toString();
        }
        IpAddress ip = IpAddress.of(address.getAddress());
        return (ip.isIpv6() ? "[" + ip + "]" : ip.toString()) + ":" + address.getPort();
    }

    private MemorySegment encode(InetSocketAddress address, Arena arena) {
        return ipv6 ? SocketAddresses.encodeMapped(address, arena) : SocketAddresses.encode(address, arena);
    }

    /**
     * Binds the socket to an address; port 0 for a port that the kernel chooses.
     *
     * @throws LinuxException EADDRINUSE, EADDRNOTAVAIL, EACCES and so on
     */
    void bind(InetSocketAddress address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment encoded = encode(address, arena);
            LinuxException.check(Sockets.bind(fd(), encoded, (int) encoded.byteSize()), "bind to " + text(address));
        }
    }

    /** Starts listening. */
    void listen(int backlog) {
        LinuxException.check(Sockets.listen(fd(), backlog), "listen");
    }

    /**
     * Accepts a connection; skips connections that the peer has aborted in the meantime.
     *
     * @return the connection; null if none is pending
     * @throws LinuxException EMFILE and so on
     */
    @Nullable
    TcpSocket accept() {
        int fd;
        do {
            fd = Sockets.accept(
                    fd(), MemorySegment.NULL, MemorySegment.NULL, Libc.SOCK_CLOEXEC() | Libc.SOCK_NONBLOCK());
        } while (fd == -Libc.ECONNABORTED());
        if (fd == -Libc.EAGAIN()) {
            return null;
        }
        return new TcpSocket(FileDescriptor.owning(LinuxException.check(fd, "accept"), "accepted connection"), ipv6);
    }

    /**
     * Starts connecting.
     *
     * @return true if the socket is already connected; otherwise call {@link #finishConnect} after POLLOUT
     * @throws LinuxException ENETUNREACH and so on
     */
    boolean connect(InetSocketAddress peer) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment encoded = encode(peer, arena);
            int result = Sockets.connect(fd(), encoded, (int) encoded.byteSize());
            if (result == -Libc.EINPROGRESS() || result == -Libc.EINTR()) {
                return false;
            }
            LinuxException.check(result, "connect to " + text(peer));
            return true;
        }
    }

    /**
     * Returns whether the connection has been established.
     *
     * @param operation the name of the operation in messages
     * @throws LinuxException ECONNREFUSED, ETIMEDOUT and so on, if connecting has failed
     */
    boolean finishConnect(String operation) {
        LinuxException.check(-error(), operation);
        return remoteAddress().isPresent();
    }

    /** Returns and clears the error that has ended the connection; 0 for none. */
    private int error() {
        return LinuxException.check(
                Sockets.getsockopt(fd(), Libc.SOL_SOCKET(), Libc.SO_ERROR()), "getsockopt SO_ERROR");
    }

    /**
     * Throws the error that has ended the connection, if any. An error is thrown only once.
     *
     * @throws LinuxException ECONNRESET, EPIPE, ETIMEDOUT and so on
     */
    void checkConnection() {
        LinuxException.check(-error(), descriptor.toString());
    }

    InetSocketAddress localAddress() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(ADDRESS_SIZE, Long.BYTES);
            MemorySegment length = arena.allocateFrom(Libc.C_INT, (int) ADDRESS_SIZE);
            LinuxException.check(Sockets.getsockname(fd(), address, length), "getsockname");
            return SocketAddresses.decode(address);
        }
    }

    /** Returns the peer's address; empty if the socket is not connected. */
    Optional<InetSocketAddress> remoteAddress() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(ADDRESS_SIZE, Long.BYTES);
            MemorySegment length = arena.allocateFrom(Libc.C_INT, (int) ADDRESS_SIZE);
            int result = Sockets.getpeername(fd(), address, length);
            if (result == -Libc.ENOTCONN()) {
                return Optional.empty();
            }
            LinuxException.check(result, "getpeername");
            return Optional.of(SocketAddresses.decode(address));
        }
    }

    /** Sets an option whose value is an int. */
    void set(int level, int option, int value, String name) {
        LinuxException.check(Sockets.setsockopt(fd(), level, option, value), "setsockopt " + name);
    }

    /** Reads an option whose value is an int. */
    int get(int level, int option, String name) {
        return LinuxException.check(Sockets.getsockopt(fd(), level, option), "getsockopt " + name);
    }

    /** Enables zero-copy sends (SO_ZEROCOPY). */
    void zeroCopy() {
        set(Libc.SOL_SOCKET(), Libc.SO_ZEROCOPY(), 1, "SO_ZEROCOPY");
    }

    /** Makes each receive report how many bytes are left in the receive queue (TCP_INQ). */
    void reportQueue() {
        set(Libc.SOL_TCP(), Libc.TCP_INQ(), 1, "TCP_INQ");
    }

    /** Binds the socket to a device (SO_BINDTODEVICE); an empty name unbinds it. */
    void bindToDevice(String device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = KernelText.allocate(arena, device);
            LinuxException.check(
                    Sockets.setsockopt(fd(), Libc.SOL_SOCKET(), Libc.SO_BINDTODEVICE(), name, (int) name.byteSize()),
                    "setsockopt SO_BINDTODEVICE " + device);
        }
    }

    /** Binds the socket to the device with this interface index (SO_BINDTOIFINDEX). */
    void bindToDevice(int ifindex) {
        set(Libc.SOL_SOCKET(), Libc.SO_BINDTOIFINDEX(), ifindex, "SO_BINDTOIFINDEX");
    }

    /** Returns how many seconds closing waits; -1 if SO_LINGER is off. */
    int linger() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = linger.allocate(arena);
            MemorySegment length = arena.allocateFrom(Libc.C_INT, (int) linger.sizeof());
            LinuxException.check(
                    Sockets.getsockopt(fd(), Libc.SOL_SOCKET(), Libc.SO_LINGER(), value, length),
                    "getsockopt SO_LINGER");
            return linger.l_onoff(value) == 0 ? -1 : linger.l_linger(value);
        }
    }

    /** Sets how many seconds closing waits (SO_LINGER): 0 resets the connection, -1 turns the option off. */
    void linger(int seconds) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = linger.allocate(arena);
            linger.l_onoff(value, seconds < 0 ? 0 : 1);
            linger.l_linger(value, Math.max(0, seconds));
            LinuxException.check(
                    Sockets.setsockopt(fd(), Libc.SOL_SOCKET(), Libc.SO_LINGER(), value, (int) linger.sizeof()),
                    "setsockopt SO_LINGER");
        }
    }

    /** Returns the number of bytes sent that the peer has not acknowledged (SIOCOUTQ). */
    int unacknowledged() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(Libc.C_INT);
            LinuxException.check(Files.ioctl(fd(), SIOCOUTQ, number), "ioctl SIOCOUTQ");
            return number.get(Libc.C_INT, 0);
        }
    }

    /**
     * Ends one direction or both; has no effect if the connection has already ended.
     *
     * @param how SHUT_RD, SHUT_WR or SHUT_RDWR; shutdown(2)
     */
    void shutdown(int how) {
        int result = Sockets.shutdown(fd(), how);
        if (result != -Errno.ENOTCONN.number()) {
            LinuxException.check(result, "shutdown");
        }
    }

    /**
     * Resets the connection and drops the data that the kernel has queued, but keeps the socket open. The kernel
     * completes the sends that it drops at once, and the others when the device has sent them (connect(2) with
     * AF_UNSPEC; tcp_disconnect() in net/ipv4/tcp.c).
     */
    void abort() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment unspecified = arena.allocate(ADDRESS_SIZE, Long.BYTES);
            LinuxException.check(Sockets.connect(fd(), unspecified, (int) ADDRESS_SIZE), "disconnect of " + descriptor);
        }
    }

    /** Calls sendmsg(2) without SIGPIPE; returns the number of bytes sent, or the negative errno. */
    long send(MemorySegment message, int flags) {
        return Sockets.sendmsg(fd(), message, flags | Libc.MSG_DONTWAIT() | Libc.MSG_NOSIGNAL());
    }

    /**
     * Calls recvmsg(2) for device memory and ordinary memory; returns the number of bytes received, or the negative
     * errno.
     */
    long receive(MemorySegment message) {
        return Sockets.recvmsg(fd(), message, Libc.MSG_DONTWAIT() | MSG_SOCK_DEVMEM);
    }

    /** Calls recvmsg(2) for the error queue; returns the number of bytes received, or the negative errno. */
    long receiveErrors(MemorySegment message) {
        return Sockets.recvmsg(fd(), message, Libc.MSG_ERRQUEUE() | Libc.MSG_DONTWAIT());
    }

    /**
     * Returns fragments to the device.
     *
     * @param ranges an array of {@code count} dmabuf_token structures
     * @return the number of fragments that the kernel freed
     */
    int dontNeed(MemorySegment ranges, int count) {
        return LinuxException.check(
                Sockets.setsockopt(
                        fd(),
                        Libc.SOL_SOCKET(),
                        Libc.SO_DEVMEM_DONTNEED(),
                        ranges,
                        count * (int) dmabuf_token.sizeof()),
                "setsockopt SO_DEVMEM_DONTNEED");
    }

    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
