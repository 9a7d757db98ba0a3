package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.PollWaiter;
import dev.qlease.linux.sys.Usage;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A listening TCP socket whose connections receive into device memory. Listening itself does not involve device memory:
 * where data lands depends on the receive queues.
 *
 * <p>Owns its socket; accepted connections are owned by the caller. Thread-safe. A virtual thread that waits is parked
 * and does not occupy its carrier. Closing ends all waits. An interrupt does not end a wait; the thread's interrupt
 * status remains set.
 */
public final class DevmemServerSocket implements AutoCloseable {
    private final TcpSocket socket;
    private final InetSocketAddress address;
    private final PollWaiter waiter;
    private final Usage usage;

    private DevmemServerSocket(TcpSocket socket, InetSocketAddress address) {
        this.socket = socket;
        this.address = address;
        this.waiter = new PollWaiter(socket.descriptor());
        this.usage = new Usage("listening socket", this::free);
    }

    /**
     * Starts listening.
     *
     * @param namespace the network namespace to listen in
     * @param device the device by which connections must arrive (SO_BINDTODEVICE); null for any
     * @param address the local address; port 0 for a port that the kernel chooses
     * @throws LinuxException EADDRINUSE, EADDRNOTAVAIL, EACCES and so on
     */
    public static DevmemServerSocket listen(
            NetworkNamespace namespace, @Nullable String device, InetSocketAddress address) {
        return over(Connector.listen(namespace, Connector.to(device), address, ConnectionOptions.defaults()));
    }

    /** Listens as {@link Device#listen(InetSocketAddress, ConnectionOptions)} does. */
    static DevmemServerSocket listen(Device device, InetSocketAddress address, ConnectionOptions options) {
        return over(Connector.listen(
                device.namespace(), socket -> socket.bindToDevice(device.ifindex()), address, options));
    }

    private static DevmemServerSocket over(TcpSocket socket) {
        try {
            return new DevmemServerSocket(socket, socket.localAddress());
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** Returns the local address, with the port that the kernel chose if 0 was given. */
    public InetSocketAddress address() {
        return address;
    }

    /** Returns the socket, for polling it: POLLIN for connections. Remains owned by this object; do not close it. */
    public FileDescriptor descriptor() {
        return socket.descriptor();
    }

    /**
     * Waits for a connection that only receives.
     *
     * @throws IllegalStateException if this is closed, before or meanwhile
     */
    public DevmemSocket accept() {
        return accept(null, Events.FOREVER).orElseThrow();
    }

    /**
     * As {@link #accept()}, but waits for at most {@code timeout}, which may be zero; returns empty if no peer
     * connected.
     */
    public Optional<DevmemSocket> accept(Duration timeout) {
        return accept(null, timeout);
    }

    /**
     * Waits for a connection that also sends.
     *
     * @param binding the binding to send from; null for a connection that only receives
     * @param timeout how long to wait; may be zero
     * @return the connection; empty if no peer connected
     * @throws LinuxException EMFILE and so on; connections that the peer has aborted in the meantime are skipped
     * @throws IllegalStateException if this is closed, before or meanwhile
     */
    public Optional<DevmemSocket> accept(@Nullable TxBinding binding, Duration timeout) {
        return accept(binding, Events.deadlineAfter(timeout));
    }

    private Optional<DevmemSocket> accept(@Nullable TxBinding binding, long deadline) {
        usage.enter();
        try {
            while (true) {
                TcpSocket accepted = socket.accept();
                if (accepted != null) {
                    Optional<DevmemSocket> connection = take(accepted, binding);
                    if (connection.isPresent()) {
                        return connection;
                    }
                } else if (!await(deadline)) {
                    return Optional.empty();
                }
            }
        } finally {
            usage.leave();
        }
    }

    /** Takes over an accepted connection; returns empty if the peer has aborted it. */
    private static Optional<DevmemSocket> take(TcpSocket socket, @Nullable TxBinding binding) {
        try {
            Optional<InetSocketAddress> peer = socket.remoteAddress();
            if (peer.isEmpty()) {
                socket.close();
                return Optional.empty();
            }
            if (binding != null) {
                socket.zeroCopy();
            }
            return Optional.of(DevmemSocket.over(socket, binding, peer.get()));
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** Waits until there may be a connection; returns false if {@code deadline} passed before that. */
    private boolean await(long deadline) {
        boolean ready = waiter.poll(Libc.POLLIN(), deadline) != 0;
        if (!usage.isOpen()) {
            throw new IllegalStateException("listening socket was closed during the wait");
        }
        return ready;
    }

    /** Stops listening and ends all waits. Accepted connections stay open. Idempotent. */
    @Override
    public void close() {
        if (usage.tryEnter()) {
            try {
                usage.close();
                waiter.end();
            } finally {
                usage.leave();
            }
        }
    }

    private void free() {
        socket.close();
        waiter.close();
    }

    /** Returns the local address, such as {@code [2001:db8::1]:80}. */
    @Override
    public String toString() {
        return TcpSocket.text(address);
    }
}
