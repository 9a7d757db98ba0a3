package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.SocketAddresses;
import dev.qlease.linux.sys.Sockets;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Listens for TCP connections that receive device memory. Nothing about it is device memory itself: where data lands is up
 * to the queues that it comes by.
 *
 * <p>Owns its socket; the connections that it accepts are who accepted them's. Safe for use by many threads, which take
 * turns. Waiting keeps the carrier of a virtual thread; closing ends it.
 */
public final class DevmemServerSocket implements AutoCloseable {
    private final FileDescriptor descriptor;
    private final Arena arena;
    private final Waiting waiting;
    private final Usage usage;
    private final InetSocketAddress address;
    private final ReentrantLock lock = new ReentrantLock();
    private final MemorySegment peer;
    private final MemorySegment peerLength;

    @SuppressWarnings("MustBeClosedChecker") // free() closes the arena
    private DevmemServerSocket(FileDescriptor descriptor, InetSocketAddress address) {
        this.descriptor = descriptor;
        this.address = address;
        this.arena = Arena.ofShared();
        this.peer = arena.allocate(Connection.ADDRESS_SIZE, Long.BYTES);
        this.peerLength = arena.allocate(Libc.C_INT);
        this.waiting = new Waiting(descriptor, arena);
        this.usage = new Usage("listening socket", this::free);
    }

    /**
     * Begins to listen.
     *
     * @param namespace where; null for the calling thread's
     * @param device the device that connections have to come by (SO_BINDTODEVICE); null for any
     * @param address where at; port 0 for one that is free
     * @throws LinuxException EADDRINUSE, EADDRNOTAVAIL, EACCES and so on
     */
    public static DevmemServerSocket listen(
            @Nullable NetworkNamespace namespace, @Nullable String device, InetSocketAddress address) {
        FileDescriptor descriptor = Connection.listen(namespace, device, address);
        try {
            return new DevmemServerSocket(descriptor, Connection.address(descriptor));
        } catch (RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    /** Where it listens, with the port that the kernel chose if it was 0. */
    public InetSocketAddress address() {
        return address;
    }

    /** The socket, for polling it: POLLIN for connections. It goes on belonging to this. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /**
     * Waits for a connection that only receives.
     *
     * @throws IllegalStateException if this is closed, before or meanwhile
     */
    public DevmemSocket accept() {
        return accept(null, Events.FOREVER).orElseThrow();
    }

    /** As {@link #accept()}, waiting as long as {@code patience}, which may be zero; empty if nobody came. */
    public Optional<DevmemSocket> accept(Duration patience) {
        return accept(null, patience);
    }

    /**
     * Waits for a connection that also sends.
     *
     * @param binding what it sends from; null for one that only receives
     * @param patience how long to wait; may be zero
     * @return the connection; empty if nobody came
     * @throws LinuxException EMFILE and so on; a connection that its peer gave up meanwhile is passed over
     * @throws IllegalStateException if this is closed, before or meanwhile
     */
    public Optional<DevmemSocket> accept(@Nullable TxBinding binding, Duration patience) {
        return accept(binding, Events.deadlineAfter(patience));
    }

    private Optional<DevmemSocket> accept(@Nullable TxBinding binding, long deadline) {
        usage.enter();
        lock.lock();
        try {
            while (true) {
                peerLength.set(Libc.C_INT, 0, (int) peer.byteSize());
                int fd = Sockets.accept(
                        descriptor.number(), peer, peerLength, Libc.SOCK_CLOEXEC() | Libc.SOCK_NONBLOCK());
                if (fd >= 0) {
                    InetSocketAddress from = SocketAddresses.decode(peer);
                    return Optional.of(DevmemSocket.accepted(fd, binding, from));
                }
                if (fd == -Libc.EAGAIN()) {
                    if (!await(deadline)) {
                        return Optional.empty();
                    }
                } else if (fd != -Libc.ECONNABORTED()) {
                    LinuxException.check(fd, "accept");
                }
            }
        } finally {
            lock.unlock();
            usage.leave();
        }
    }

    private boolean await(long deadline) {
        boolean ready = waiting.poll(Libc.POLLIN(), deadline);
        if (!usage.isOpen()) {
            throw new IllegalStateException("listening socket was closed while it was waited for");
        }
        return ready;
    }

    /** Listens no more and ends all waiting. Connections that were accepted stay. Does nothing again. */
    @Override
    public void close() {
        if (usage.tryEnter()) {
            waiting.wake();
            usage.close();
            usage.leave();
        }
    }

    private void free() {
        descriptor.close();
        waiting.close();
        arena.close();
    }

    /** Where it listens, such as {@code [2001:db8::1]:80}. */
    @Override
    public String toString() {
        return Connection.text(address);
    }
}
