package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.PollWaiter;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Opens sockets and connects them, which waits for the peer, or makes them listen. */
final class Connector {
    private Connector() {}

    /** Connects by {@code device}. */
    static TcpSocket connect(Device device, InetSocketAddress peer, ConnectionOptions options) {
        return connect(device.namespace(), socket -> socket.bindToDevice(device.ifindex()), peer, options);
    }

    /** Connects by the device with this name; null for any. */
    static TcpSocket connect(
            NetworkNamespace namespace, @Nullable String device, InetSocketAddress peer, Duration timeout) {
        return connect(namespace, to(device), peer, ConnectionOptions.defaults().timeout(timeout));
    }

    /** Returns an action that binds a socket to the device with this name; null for any. */
    static Consumer<TcpSocket> to(@Nullable String device) {
        return socket -> {
            if (device != null) {
                socket.bindToDevice(device);
            }
        };
    }

    private static TcpSocket connect(
            NetworkNamespace namespace, Consumer<TcpSocket> bind, InetSocketAddress peer, ConnectionOptions options) {
        TcpSocket socket = TcpSocket.open(namespace, peer, "connection to " + TcpSocket.text(peer));
        socket.orClose(() -> {
            socket.zeroCopy();
            bind.accept(socket);
            options.apply(socket);
            options.local().ifPresent(socket::bind);
            if (!socket.connect(peer)) {
                await(socket, "connect to " + TcpSocket.text(peer), Events.deadlineAfter(options.timeout()));
            }
        });
        return socket;
    }

    private static void await(TcpSocket socket, String operation, long deadline) {
        try (PollWaiter waiter = new PollWaiter(socket.descriptor())) {
            if (waiter.poll(Libc.POLLOUT(), deadline) == 0) {
                throw new LinuxException(operation, Errno.ETIMEDOUT.number());
            }
            boolean _ = socket.finishConnect(operation);
        }
    }

    /**
     * Opens a listening socket.
     *
     * @param bind binds the socket to a device, or does nothing
     */
    static TcpSocket listen(
            NetworkNamespace namespace,
            Consumer<TcpSocket> bind,
            InetSocketAddress address,
            ConnectionOptions options) {
        TcpSocket socket = TcpSocket.open(namespace, address, "listening at " + TcpSocket.text(address));
        socket.orClose(() -> {
            bind.accept(socket);
            // Otherwise the port stays in use for a minute after its last connection.
            TcpOptions.set(socket, StandardSocketOptions.SO_REUSEADDR, true);
            options.apply(socket);
            socket.bind(address);
            socket.listen(Libc.SOMAXCONN());
        });
        return socket;
    }
}
