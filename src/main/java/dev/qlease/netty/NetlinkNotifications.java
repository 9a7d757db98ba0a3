package dev.qlease.netty;

import dev.qlease.netlink.Notification;
import dev.qlease.netlink.NotificationSocket;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notifications of netlink on an event loop, without a thread of their own. Owns its socket, which is closed with it and with
 * the loop. Safe for use by many threads.
 */
public final class NetlinkNotifications implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetlinkNotifications.class);

    private final NetlinkHandle handle;

    private <T> NetlinkNotifications(
            IoEventLoop loop, NotificationSocket<T> socket, Consumer<Notification<T>> listener) {
        this.handle = new NetlinkHandle(loop, socket.descriptor(), () -> hear(socket, listener), socket::close);
    }

    /**
     * Has a loop hear what a socket hears.
     *
     * @param loop of epoll
     * @param socket goes over to this; it is not to be read otherwise
     * @param listener told of each notification, on the loop; what it throws is logged
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
                LOG.warn("a notification could not be understood, or its listener failed", e);
            }
        }
    }

    /** Hears no more, and closes the socket. Does nothing again. */
    @Override
    public void close() {
        handle.closeSoon();
    }
}
