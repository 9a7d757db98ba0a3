package dev.qlease.devmem;

import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How a {@link Device} connects and listens: socket options, the local address and the timeout. Immutable; each method
 * returns a changed copy.
 */
public final class ConnectionOptions {
    private static final ConnectionOptions DEFAULTS =
            new ConnectionOptions(Map.of(), Optional.empty(), Duration.ofSeconds(30));

    private final Map<SocketOption<?>, Object> options;
    private final Optional<InetSocketAddress> local;
    private final Duration timeout;

    private ConnectionOptions(
            Map<SocketOption<?>, Object> options, Optional<InetSocketAddress> local, Duration timeout) {
        this.options = options;
        this.local = local;
        this.timeout = timeout;
    }

    /** Returns the defaults: no socket options, any local address, and a timeout of 30 seconds. */
    public static ConnectionOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Returns a copy with a socket option, which is set before the socket connects or listens. Accepted connections
     * inherit most options; socket(7).
     *
     * @param option one of {@link DevmemSocket#supportedOptions()}
     * @throws UnsupportedOperationException if it is not supported
     */
    public <T> ConnectionOptions with(SocketOption<T> option, T value) {
        if (!TcpOptions.supported().contains(option)) {
            throw new UnsupportedOperationException(
                    "socket option " + option.name() + " is not supported for TCP sockets");
        }
        Map<SocketOption<?>, Object> more = new LinkedHashMap<>(options);
        more.put(option, value);
        return new ConnectionOptions(more, local, timeout);
    }

    /**
     * Returns a copy that connects from {@code address}, an address of the device; port 0 for a port that the kernel
     * chooses.
     */
    public ConnectionOptions from(InetSocketAddress address) {
        return new ConnectionOptions(options, Optional.of(address), timeout);
    }

    /** Returns a copy with this timeout for connecting. */
    public ConnectionOptions timeout(Duration duration) {
        return new ConnectionOptions(options, local, duration);
    }

    Optional<InetSocketAddress> local() {
        return local;
    }

    Duration timeout() {
        return timeout;
    }

    void apply(TcpSocket socket) {
        if (local.isPresent()) {
            // Otherwise a port stays taken for a minute after its last connection.
            TcpOptions.set(socket, StandardSocketOptions.SO_REUSEADDR, true);
        }
        options.forEach((option, value) -> set(socket, option, value));
    }

    @SuppressWarnings("unchecked") // with() takes values of their options' types only
    private static <T> void set(TcpSocket socket, SocketOption<?> option, Object value) {
        TcpOptions.set(socket, (SocketOption<T>) option, (T) value);
    }
}
