package dev.qlease.cli.transfer;

import dev.qlease.cli.args.Target;
import dev.qlease.devmem.DevmemOutput;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.linux.LinuxException;
import dev.qlease.netlink.Notification;
import dev.qlease.netlink.NotificationSocket;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.RtnetlinkEvent;
import dev.qlease.rtnetlink.RtnetlinkEvent.Change;
import dev.qlease.rtnetlink.RtnetlinkEvent.LinkEvent;
import dev.qlease.rtnetlink.RtnetlinkMonitor;
import dev.qlease.rtnetlink.RtnetlinkMonitor.Group;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Ends sending when its device is removed: TCP would take that for packet loss and retransmit for a quarter of an hour.
 */
final class SendWatch implements AutoCloseable {
    private final NotificationSocket<RtnetlinkEvent> events;
    private final Target target;
    private final Link link;
    private final DevmemSocket socket;
    private final DevmemOutput sending;
    private volatile @Nullable String loss;

    private SendWatch(Target target, Link link, DevmemSocket socket, DevmemOutput sending) {
        this.events = RtnetlinkMonitor.open(target.namespace(), 0, Set.of(Group.LINK));
        this.target = target;
        this.link = link;
        this.socket = socket;
        this.sending = sending;
    }

    /** Starts to watch {@code link}. */
    static SendWatch start(Target target, Link link, DevmemSocket socket, DevmemOutput sending) {
        SendWatch watch = new SendWatch(target, link, socket, sending);
        Thread.ofPlatform().daemon().name("qlease-watch").start(watch::run);
        return watch;
    }

    private void run() {
        try {
            look();
            for (Notification<RtnetlinkEvent> notification : events) {
                switch (notification) {
                    case Notification.Event<RtnetlinkEvent>(LinkEvent(Change change, Link changed)) -> {
                        if (change == Change.DEL && changed.ifindex() == link.ifindex()) {
                            end();
                        }
                    }
                    default -> look();
                }
            }
        } catch (IllegalStateException | LinuxException e) {
            // Closed, since sending is over. If the socket failed, sending continues unwatched.
            return;
        }
    }

    private void look() {
        if (target.rtnetlink().links().find(link.ifindex()).isEmpty()) {
            end();
        }
    }

    private synchronized void end() {
        if (loss == null) {
            loss = SendFailure.soFar(sending);
            socket.close(Duration.ZERO);
        }
    }

    /** Returns a clause about how much was sent if the device is gone; empty if it is not. */
    Optional<String> loss() {
        look();
        return Optional.ofNullable(loss);
    }

    @Override
    public void close() {
        events.close();
    }
}
