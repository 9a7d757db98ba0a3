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
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
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
 * wait on platform threads, or with a publisher. Closing it ends all waiting; interrupting a thread does not. What the
 * decoder throws is thrown by the call that read the message, and the next call goes on with the next one.
 *
 * @param <T> what the decoder makes of a message
 */
public final class NotificationSocket<T> implements AutoCloseable, Iterable<Notification<T>> {
    private final Transport transport;
    private final Decoder<Optional<T>> decoder;
    private final Set<NotificationSubscription<T>> subscriptions = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();

    /** Somebody stopped reading, or {@link #received} has more; of {@link #lock}, which guards the two below. */
    private final Condition changed = lock.newCondition();

    private final Deque<Notification<T>> received = new ArrayDeque<>();
    private boolean reading;

    NotificationSocket(Transport transport, Decoder<Optional<T>> decoder) {
        this.transport = transport;
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
        return transport.descriptor();
    }

    /** The next notification if there is one, without waiting. */
    public Optional<Notification<T>> poll() {
        return take(System.nanoTime(), () -> false);
    }

    /** The next notification, empty if none comes within {@code patience}. */
    public Optional<Notification<T>> next(Duration patience) {
        return take(Events.deadlineAfter(patience), () -> false);
    }

    /**
     * The next notification, however long it takes.
     *
     * @throws IllegalStateException if the socket is closed, also meanwhile
     */
    public Notification<T> next() {
        return take(Events.FOREVER, () -> false)
                .orElseThrow(() -> new IllegalStateException("a wait without an end ended"));
    }

    /** As {@link #next()}, but empty once {@code givenUp} says so, which is asked again when {@link #wake()} is called. */
    Optional<Notification<T>> next(BooleanSupplier givenUp) {
        return take(Events.FOREVER, givenUp);
    }

    private Optional<Notification<T>> take(long deadline, BooleanSupplier givenUp) {
        transport.enter();
        lock.lock();
        try {
            while (!givenUp.getAsBoolean()) {
                Notification<T> next = received.poll();
                if (next != null) {
                    return Optional.of(next);
                }
                if (!transport.isOpen()) {
                    throw new IllegalStateException("notification socket was closed while waiting");
                }
                if (reading ? !awaitChange(deadline) : !read(deadline)) {
                    return Optional.empty();
                }
            }
            return Optional.empty();
        } finally {
            lock.unlock();
            transport.leave();
        }
    }

    /** Waits for the thread that reads; false if it is the time. */
    private boolean awaitChange(long deadline) {
        long left = Events.nanosUntil(deadline);
        boolean interrupted = false;
        try {
            while (left > 0) {
                try {
                    return changed.awaitNanos(left) > 0;
                } catch (InterruptedException e) {
                    interrupted = true;
                    left = Events.nanosUntil(deadline);
                }
            }
            return false;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Reads one datagram or, where there is none, waits until one comes; false if it is the time. The lock is not held
     * meanwhile, so that others can give up or take what is there.
     */
    private boolean read(long deadline) {
        List<Notification<T>> fresh = new ArrayList<>();
        reading = true;
        lock.unlock();
        try {
            return fill(fresh) || transport.await(deadline);
        } finally {
            lock.lock();
            reading = false;
            received.addAll(fresh);
            changed.signalAll();
        }
    }

    /** Reads one datagram into {@code fresh}; false if there is none. */
    private boolean fill(List<Notification<T>> fresh) {
        MemorySegment datagram;
        try {
            datagram = transport.receive();
        } catch (LinuxException e) {
            if (!e.is(Errno.ENOBUFS)) {
                throw e;
            }
            fresh.add(new Missed<>());
            return true;
        }
        if (datagram == null) {
            return false;
        }
        RuntimeException failure = null;
        for (long at = 0; datagram.byteSize() - at >= NetlinkMessage.HEADER; ) {
            NetlinkMessage message = NetlinkMessage.parse(datagram, at);
            at += message.paddedLength();
            if (message.type() >= Uapi.NLMSG_MIN_TYPE()) {
                try {
                    decoder.decode(message).ifPresent(value -> fresh.add(new Event<>(value)));
                } catch (RuntimeException e) {
                    // The messages after it are none the worse.
                    failure = e;
                }
            }
        }
        if (failure != null) {
            throw failure;
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
                if (ahead == null && transport.isOpen()) {
                    try {
                        ahead = NotificationSocket.this.next();
                    } catch (IllegalStateException closed) {
                        if (transport.isOpen()) {
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
     * {@link Missed} when that is too much. It completes when the socket is closed.
     */
    public Flow.Publisher<Notification<T>> publisher() {
        return subscriber -> {
            NotificationSubscription<T> subscription = new NotificationSubscription<>(this, subscriber);
            subscriptions.add(subscription);
            subscription.start();
        };
    }

    /** Forgets a subscription that has ended. */
    void ended(NotificationSubscription<T> subscription) {
        subscriptions.remove(subscription);
    }

    /** Makes {@code notification}, which was taken, the next one again. */
    void putBack(Notification<T> notification) {
        lock.lock();
        try {
            received.addFirst(notification);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        transport.wake();
    }

    /** Makes all who wait look whether they still have to. */
    void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        transport.wake();
    }

    /** Whether {@link #close()} has not been called. */
    public boolean isOpen() {
        return transport.isOpen();
    }

    /** Ends all waiting and closes the socket. Does nothing again. */
    @Override
    public void close() {
        transport.close();
        wake();
        subscriptions.forEach(NotificationSubscription::wake);
    }
}
