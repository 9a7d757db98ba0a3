package dev.qlease.netty;

import dev.qlease.linux.sys.Log;
import dev.qlease.netlink.Notification;
import dev.qlease.netlink.NotificationSocket;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Netlink notifications on an event loop, without a thread of their own. Owns its socket, which is closed with this
 * object or with the event loop. Thread-safe.
 */
public final class NetlinkNotifications implements AutoCloseable {
    private static final Log LOG = Log.of(NetlinkNotifications.class);

    private final NetlinkHandle handle;

    private <T> NetlinkNotifications(
            IoEventLoop loop, NotificationSocket<T> socket, Consumer<Notification<T>> listener) {
        this.handle = new NetlinkHandle(loop, socket.descriptor(), () -> hear(socket, listener), socket::close);
    }

    /**
     * Delivers the notifications of a socket on an event loop.
     *
     * @param loop an epoll event loop
     * @param socket owned by the result from now on; must not be read otherwise
     * @param listener called with each notification, on the event loop; its exceptions are logged
     */
    public static <T> Future<NetlinkNotifications> register(
            IoEventLoop loop, NotificationSocket<T> socket, Consumer<Notification<T>> listener) {
        NetlinkNotifications notifications = new NetlinkNotifications(loop, socket, listener);
        return notifications.handle.register(notifications);
    }

    private static <T> void hear(NotificationSocket<T> socket, Consumer<Notification<T>> listener) {
        while (true) {
            try {
                Optional<Notification<T>> next = socket.poll();
                if (next.isEmpty()) {
                    return;
                }
                listener.accept(next.get());
            } catch (RuntimeException e) {
                if (!socket.isOpen()) {
                    return;
                }
                LOG.warn("a notification could not be parsed, or its listener failed", e);
            }
        }
    }

    /** Stops delivering notifications and closes the socket. Idempotent. */
    @Override
    public void close() {
        handle.closeSoon();
    }
}
