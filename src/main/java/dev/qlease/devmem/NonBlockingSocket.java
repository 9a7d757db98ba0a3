package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.SocketAddresses;
import dev.qlease.linux.sys.Sockets;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A TCP socket for an event loop: no call of it waits. It listens, or it connects, sends ordinary memory and device memory of
 * any binding, and receives both.
 *
 * <p>For one thread, the loop's; {@link #release}, and what bindings ask of it, may come from any. Polled by
 * {@link #descriptor()}: POLLIN for data or connections, POLLOUT for room, POLLERR for completions, which are best heard of
 * edge-triggered, as by {@link SocketPoller}, since the kernel goes on telling of them until they are taken. Takes no memory
 * of its own but for what it has received into dma-bufs or has in flight from them.
 */
public final class NonBlockingSocket implements AutoCloseable {
    /** What {@link #send} answers when the send queue is full: poll for POLLOUT. */
    public static final long FULL = 0;

    /** What {@link #send} answers when as much is in flight as may be: poll for completions. */
    public static final long LIMITED = -1;

    /** The most sends of device memory that can be in flight; a power of two. */
    public static final int MAX_SENDS = 256;

    private final FileDescriptor descriptor;
    private final boolean ipv6;
    private final Usage usage;
    private final Connection connection;
    private final LoopSending sending;
    private final Receiving receiving;
    private @Nullable Arena arena;

    private NonBlockingSocket(FileDescriptor descriptor, boolean ipv6) {
        this.descriptor = descriptor;
        this.ipv6 = ipv6;
        this.usage = new Usage(descriptor, this::free);
        this.connection = new Connection(descriptor, this::memory);
        this.sending = new LoopSending(descriptor);
        this.receiving = new Receiving(descriptor, this::memory, usage, null, () -> {});
    }

    /** Memory for as long as this is open; only sockets that receive device memory need any. */
    @SuppressWarnings("MustBeClosedChecker") // free() closes the arena
    private synchronized MemorySegment memory(long size, long alignment) {
        if (arena == null) {
            arena = Arena.ofShared();
        }
        return arena.allocate(size, alignment);
    }

    /**
     * Opens a socket that speaks IPv6 and IPv4, or IPv4 alone where the kernel has no other.
     *
     * @param namespace where; null for the calling thread's. For another a thread is begun and waited for: not for the loop
     * @throws LinuxException EMFILE and so on
     */
    public static NonBlockingSocket open(@Nullable NetworkNamespace namespace) {
        return namespace == null ? open() : namespace.run(NonBlockingSocket::open);
    }

    private static NonBlockingSocket open() {
        int type = Libc.SOCK_STREAM() | Libc.SOCK_CLOEXEC() | Libc.SOCK_NONBLOCK();
        int fd = Sockets.socket(Libc.AF_INET6(), type, 0);
        boolean ipv6 = fd != -Libc.EAFNOSUPPORT();
        if (!ipv6) {
            fd = Sockets.socket(Libc.AF_INET(), type, 0);
        }
        FileDescriptor descriptor = FileDescriptor.owning(LinuxException.check(fd, "open a socket"), "TCP socket");
        try {
            if (ipv6) {
                LinuxException.check(
                        Sockets.setsockopt(descriptor.number(), Libc.SOL_IPV6(), Libc.IPV6_V6ONLY(), 0),
                        "setsockopt IPV6_V6ONLY");
            }
            return over(descriptor, ipv6);
        } catch (RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    private static NonBlockingSocket over(FileDescriptor descriptor, boolean ipv6) {
        // Of a listening socket it means nothing, and accepted ones inherit it not.
        Connection.zeroCopy(descriptor.number());
        // Has it said with what was received whether there is more (tcp(7)), so that nobody has to ask.
        LinuxException.check(
                Sockets.setsockopt(descriptor.number(), Libc.SOL_TCP(), Libc.TCP_INQ(), 1), "setsockopt TCP_INQ");
        return new NonBlockingSocket(descriptor, ipv6);
    }

    /** The socket, for polling it. It goes on belonging to this. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /** Whether {@link #close} has not been called. */
    public boolean isOpen() {
        return usage.isOpen();
    }

    /** Whether it speaks IPv6 as well as IPv4. */
    public boolean isIpv6() {
        return ipv6;
    }

    /** Its own address; port 0 before it is bound or connected. */
    public InetSocketAddress localAddress() {
        return Connection.address(descriptor);
    }

    /** The peer's address, if it has one. */
    public Optional<InetSocketAddress> remoteAddress() {
        return Connection.peer(descriptor);
    }

    /** Has it use this device alone (SO_BINDTODEVICE); empty for any again. */
    public void bindToDevice(String device) {
        Connection.bindToDevice(descriptor.number(), device);
    }

    /** Sets a setting. */
    public void set(SocketSetting setting, int value) {
        LinuxException.check(
                Sockets.setsockopt(descriptor.number(), setting.level(), setting.option(), value),
                "setsockopt " + setting);
    }

    /** Reads a setting. */
    public int get(SocketSetting setting) {
        return LinuxException.check(
                Sockets.getsockopt(descriptor.number(), setting.level(), setting.option()), "getsockopt " + setting);
    }

    /** Has closing wait for so many seconds, 0 to reset the connection, or not at all for -1 (SO_LINGER; socket(7)). */
    public void linger(int seconds) {
        connection.linger(seconds);
    }

    /**
     * Gives it an address; port 0 for one that is free.
     *
     * @throws LinuxException EADDRINUSE, EADDRNOTAVAIL, EACCES and so on
     */
    public void bind(InetSocketAddress address) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment encoded = encode(address, local);
            LinuxException.check(
                    Sockets.bind(descriptor.number(), encoded, (int) encoded.byteSize()),
                    "bind to " + Connection.text(address));
        }
    }

    /** Begins to listen, with room for so many connections that nobody has accepted. */
    public void listen(int backlog) {
        LinuxException.check(Sockets.listen(descriptor.number(), backlog), "listen");
    }

    /**
     * Accepts a connection; empty if there is none.
     *
     * @throws LinuxException EMFILE and so on
     */
    public Optional<NonBlockingSocket> accept() {
        int fd;
        do {
            fd = Sockets.accept(
                    descriptor.number(),
                    MemorySegment.NULL,
                    MemorySegment.NULL,
                    Libc.SOCK_CLOEXEC() | Libc.SOCK_NONBLOCK());
        } while (fd == -Libc.ECONNABORTED());
        if (fd == -Libc.EAGAIN()) {
            return Optional.empty();
        }
        FileDescriptor accepted = FileDescriptor.owning(LinuxException.check(fd, "accept"), "accepted connection");
        try {
            return Optional.of(over(accepted, ipv6));
        } catch (RuntimeException e) {
            accepted.close();
            throw e;
        }
    }

    private MemorySegment encode(InetSocketAddress address, Arena local) {
        return ipv6 ? SocketAddresses.encodeMapped(address, local) : SocketAddresses.encode(address, local);
    }

    /**
     * Begins to connect.
     *
     * @return whether it is connected already; else poll for POLLOUT and ask {@link #finishConnect()}
     * @throws LinuxException ENETUNREACH and so on
     */
    public boolean connect(InetSocketAddress to) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment encoded = encode(to, local);
            int result = Sockets.connect(descriptor.number(), encoded, (int) encoded.byteSize());
            if (result == -Libc.EINPROGRESS() || result == -Libc.EINTR()) {
                return false;
            }
            LinuxException.check(result, "connect to " + Connection.text(to));
            return true;
        }
    }

    /**
     * Whether what {@link #connect} began has come about.
     *
     * @throws LinuxException ECONNREFUSED, ETIMEDOUT and so on, if it never will
     */
    public boolean finishConnect() {
        checkConnection();
        return remoteAddress().isPresent();
    }

    /**
     * Takes the error that has ended the connection, if one has.
     *
     * @throws LinuxException ECONNRESET, EPIPE, ETIMEDOUT and so on; the next call does not
     */
    public void checkConnection() {
        connection.check();
    }

    /**
     * Sends, with one system call.
     *
     * @param what at least one piece; it stays as it is. Pieces of a dma-buf are not to be changed until they have completed
     * @param more whether more follows at once, for which a packet that is not full waits (MSG_MORE)
     * @return how many bytes the kernel took, which may be fewer; or {@link #FULL}, or {@link #LIMITED}
     * @throws LinuxException EPIPE, ECONNRESET if the peer is gone, ENODEV if the route leaves by another device than the
     *     bound one, ENOBUFS if the limits on locked memory or notifications do not allow a single send
     */
    public long send(Gathering what, boolean more) {
        return sending.send(what, more);
    }

    /** Takes the completions that have come; answers how many sends they are of. */
    public int complete(LoopMemory memory) {
        return sending.complete(memory);
    }

    /** How many sends of device memory the kernel has taken. */
    public long sends() {
        return sending.sends();
    }

    /** The number of the oldest send of device memory that has not completed, counted from 0; else {@link #sends()}. */
    public long oldest() {
        return sending.oldest();
    }

    /**
     * Receives what has come, with one system call. What {@code into} held is released first.
     *
     * @return how many bytes; 0 if nothing is there; -1 at the end of the stream
     * @throws LinuxException ECONNRESET and so on, if the connection has failed
     */
    public long receive(Received into) {
        return receiving.receive(into, Receiving.NOW);
    }

    /**
     * Keeps a fragment that was just received: its memory is the caller's until {@link #release}, also when this is closed
     * before.
     *
     * @return its token
     */
    public int keep(Received from, int index) {
        usage.enter();
        return from.keep(index);
    }

    /**
     * Gives fragments back that were kept, with as few system calls as the kernel allows. From any thread.
     *
     * @param count how many of {@code tokens} count, from the first
     */
    public void release(int[] tokens, int count) {
        try {
            receiving.giveBackKept(tokens, count);
        } finally {
            for (int i = 0; i < count; i++) {
                usage.leave();
            }
        }
    }

    /** How many fragments in dma-bufs are kept. */
    public int unreleased() {
        return receiving.outstanding();
    }

    /** Says that nothing more will be sent; what was sent is still delivered. */
    public void shutdownOutput() {
        shutdown(Libc.SHUT_WR());
    }

    /** Says that nothing more will be received. */
    public void shutdownInput() {
        shutdown(Libc.SHUT_RD());
    }

    private void shutdown(int how) {
        int result = Sockets.shutdown(descriptor.number(), how);
        // The peer was faster in ending it.
        if (result != -Errno.ENOTCONN.number()) {
            LinuxException.check(result, "shutdown");
        }
    }

    /**
     * Ends the connection. What is kept of what was received stays until it is released, and only then the descriptor is
     * closed. What is in flight is no longer heard of.
     */
    @Override
    public void close() {
        if (usage.tryEnter()) {
            try {
                sending.close();
                if (receiving.outstanding() > 0) {
                    shutdown(Libc.SHUT_RDWR());
                }
            } finally {
                usage.close();
                usage.leave();
            }
        }
    }

    private void free() {
        try {
            receiving.giveBackAll();
        } finally {
            descriptor.close();
            closeArena();
        }
    }

    private synchronized void closeArena() {
        if (arena != null) {
            arena.close();
        }
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
