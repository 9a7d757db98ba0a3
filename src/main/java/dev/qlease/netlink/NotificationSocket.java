package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Events;
import dev.qlease.netlink.Notification.Event;
import dev.qlease.netlink.Notification.Missed;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A netlink socket that hears what multicast groups say, from its opening on.
 *
 * <p>To be read in one of three ways: by waiting ({@link #next()}, {@link #next(Duration)}, iteration), by a
 * {@link #publisher() publisher}, or from an event loop of the caller's, which polls {@link #descriptor()} and then calls
 * {@link #poll()} until that is empty. When the kernel had to throw messages away a {@link Missed} comes in their place and
 * the socket goes on.
 *
 * <p>Safe for use by many threads; each notification reaches one of them. Waiting keeps the carrier of a virtual thread:
 * wait on platform threads, or with a publisher. Closing it ends all waiting.
 *
 * @param <T> what the decoder makes of a message
 */
public final class NotificationSocket<T> implements AutoCloseable, Iterable<Notification<T>> {
    private final Endpoint endpoint;
    private final Decoder<Optional<T>> decoder;
    private final Deque<Notification<T>> received = new ArrayDeque<>();
    private final ReentrantLock reading = new ReentrantLock();

    private NotificationSocket(Endpoint endpoint, Decoder<Optional<T>> decoder) {
        this.endpoint = endpoint;
        this.decoder = decoder;
    }

    /**
     * Opens a socket and joins groups.
     *
     * @param namespace whose events to hear; null for the calling thread's
     * @param groups their numbers: RTNLGRP_ for rtnetlink, {@link GenericFamily#group} for a generic family
     * @param receiveQueue bytes that the kernel may keep for it until they are read; 0 for the system's default. Beyond
     *     net.core.rmem_max it takes CAP_NET_ADMIN
     * @param decoder makes a value of a message; empty for messages that are of no interest
     * @throws LinuxException if a group may not be joined
     */
    public static <T> NotificationSocket<T> open(
            NetlinkProtocol protocol,
            @Nullable NetworkNamespace namespace,
            int[] groups,
            int receiveQueue,
            Decoder<Optional<T>> decoder) {
        Endpoint endpoint = Endpoint.open(protocol, namespace);
        try {
            if (receiveQueue > 0) {
                endpoint.receiveQueue(receiveQueue);
            }
            for (int group : groups) {
                endpoint.set(Uapi.NETLINK_ADD_MEMBERSHIP(), group, "NETLINK_ADD_MEMBERSHIP");
            }
            return new NotificationSocket<>(endpoint, decoder);
        } catch (RuntimeException e) {
            endpoint.close();
            throw e;
        }
    }

    /** The socket, for polling it for input. It goes on belonging to this. */
    public FileDescriptor descriptor() {
        return endpoint.descriptor();
    }

    /** The next notification if there is one, without waiting. */
    public Optional<Notification<T>> poll() {
        return take(System.nanoTime());
    }

    /** The next notification, empty if none comes within {@code patience}. */
    public Optional<Notification<T>> next(Duration patience) {
        return take(System.nanoTime() + patience.toNanos());
    }

    /**
     * The next notification, however long it takes.
     *
     * @throws IllegalStateException if the socket is closed, also meanwhile
     */
    public Notification<T> next() {
        return take(Events.FOREVER)
                .orElseThrow(() -> new IllegalStateException("notification socket was closed while waiting"));
    }

    private Optional<Notification<T>> take(long deadline) {
        endpoint.enter();
        reading.lock();
        try {
            while (true) {
                Notification<T> next = received.poll();
                if (next != null) {
                    return Optional.of(next);
                }
                if (!endpoint.isOpen()) {
                    throw new IllegalStateException("notification socket was closed while waiting");
                }
                if (!fill() && received.isEmpty() && !endpoint.await(deadline)) {
                    return Optional.empty();
                }
            }
        } finally {
            reading.unlock();
            endpoint.leave();
        }
    }

    /** Reads one datagram; false if there is none. */
    private boolean fill() {
        MemorySegment datagram;
        try {
            datagram = endpoint.receive();
        } catch (LinuxException e) {
            if (!e.is(Errno.ENOBUFS)) {
                throw e;
            }
            received.add(new Missed<>());
            return true;
        }
        if (datagram == null) {
            return false;
        }
        for (long at = 0; datagram.byteSize() - at >= NetlinkMessage.HEADER; ) {
            NetlinkMessage message = NetlinkMessage.parse(datagram, at);
            at += message.paddedLength();
            if (message.type() >= Uapi.NLMSG_MIN_TYPE()) {
                decoder.decode(message).ifPresent(value -> received.add(new Event<>(value)));
            }
        }
        return true;
    }

    /** Waits for one notification after another; it ends when the socket is closed. */
    @Override
    public Iterator<Notification<T>> iterator() {
        return new Iterator<>() {
            private @Nullable Notification<T> ahead;

            @Override
            public boolean hasNext() {
                if (ahead == null && endpoint.isOpen()) {
                    try {
                        ahead = next();
                    } catch (IllegalStateException closed) {
                        if (endpoint.isOpen()) {
                            throw closed;
                        }
                    }
                }
                return ahead != null;
            }

            @Override
            public Notification<T> next() {
                if (!hasNext()) {
                    throw new NoSuchElementException("the notification socket is closed");
                }
                Notification<T> next = Objects.requireNonNull(ahead);
                ahead = null;
                return next;
            }
        };
    }

    /**
     * A publisher of the notifications from now on, each of which reaches one of its subscribers. A subscription has a
     * platform thread of its own, which reads only what was asked for: the rest waits in the kernel, which says
     * {@link Missed} when that is too much. It completes when the socket is closed. The thread of a cancelled one ends
     * with the next notification, which is left for the others.
     */
    public Flow.Publisher<Notification<T>> publisher() {
        return subscriber -> new NotificationSubscription<>(this, subscriber).start();
    }

    /** Makes {@code notification}, which was taken, the next one again. */
    void putBack(Notification<T> notification) {
        reading.lock();
        try {
            received.addFirst(notification);
        } finally {
            reading.unlock();
        }
    }

    boolean isOpen() {
        return endpoint.isOpen();
    }

    /** Ends all waiting and closes the socket. Does nothing again. */
    @Override
    public void close() {
        endpoint.close();
    }
}
