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
 * A netlink socket that receives the messages of multicast groups, from its opening on.
 *
 * <p>Read it in one of three ways: by waiting ({@link #next()}, {@link #next(Duration)}, iteration), through a {@link
 * #publisher() publisher}, or from an event loop of the caller's, which polls {@link #descriptor()} and then calls
 * {@link #poll()} until that is empty. If the kernel has dropped messages, a {@link Missed} is delivered in their place
 * and the socket continues to work.
 *
 * <p>Thread-safe; each notification is delivered once. Waiting pins the carrier of a virtual thread: wait on platform
 * threads, or use a publisher. Closing the socket ends all waits; interrupts do not. An exception from the decoder is
 * thrown by the call that read the message, and the next call continues with the next message.
 *
 * @param <T> the type of the decoder's values
 */
public final class NotificationSocket<T> implements AutoCloseable, Iterable<Notification<T>> {
    private final Transport transport;
    private final Decoder<Optional<T>> decoder;
    private final Set<NotificationSubscription<T>> subscriptions = ConcurrentHashMap.newKeySet();

    /** The message that is decoded, by the thread that set {@link #reading}. */
    private final NetlinkMessage message = new NetlinkMessage(MemorySegment.NULL);

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
     * @param namespace the namespace whose events are received
     * @param groups their numbers: RTNLGRP_ for rtnetlink, {@link GenericFamily#group} for a generic family
     * @param receiveQueue bytes that the kernel may queue until they are read; 0 for the system's default. More than
     *     net.core.rmem_max requires CAP_NET_ADMIN
     * @param decoder decodes a message; empty for messages to be skipped
     * @throws LinuxException if joining a group is not permitted
     */
    public static <T> NotificationSocket<T> open(
            NetlinkProtocol protocol,
            NetworkNamespace namespace,
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

    /** Returns the descriptor for polling the socket for input. It remains owned by this object; do not close it. */
    public FileDescriptor descriptor() {
        return transport.descriptor();
    }

    /** Returns the next notification if there is one, without waiting. */
    public Optional<Notification<T>> poll() {
        return take(System.nanoTime(), () -> false);
    }

    /** Returns the next notification; empty if none arrives within {@code patience}. */
    public Optional<Notification<T>> next(Duration patience) {
        return take(Events.deadlineAfter(patience), () -> false);
    }

    /**
     * Returns the next notification, waiting without a limit.
     *
     * @throws IllegalStateException if the socket is closed, before or during the wait
     */
    public Notification<T> next() {
        return take(Events.FOREVER, () -> false)
                .orElseThrow(() -> new IllegalStateException("a wait without an end ended"));
    }

    /** As {@link #next()}, but empty once {@code givenUp} is true; it is checked again after {@link #wake()}. */
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

    /** Waits for the thread that reads; returns false if the deadline has passed. */
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
     * Reads one datagram or, if there is none, waits for one; returns false if the deadline has passed. The lock is not
     * held during the wait, so that others can stop waiting or take what has been read.
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

    /** Reads one datagram into {@code fresh}; returns false if there is none. */
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
        message.moveTo(datagram);
        for (long at = 0; datagram.byteSize() - at >= NetlinkMessage.HEADER; at += message.paddedLength()) {
            message.moveTo(at);
            if (message.type() >= Uapi.NLMSG_MIN_TYPE()) {
                try {
                    decoder.decode(message).ifPresent(value -> fresh.add(new Event<>(value)));
                } catch (RuntimeException e) {
                    // The messages after it are unaffected.
                    failure = e;
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
        return true;
    }

    /** Returns an iterator that waits for each notification; it ends when the socket is closed. */
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
     * Returns a publisher of future notifications, each of which is delivered to one of its subscribers. A subscription
     * has a platform thread of its own, which reads only as much as was requested: the rest stays queued in the kernel,
     * which reports {@link Missed} if the queue overflows. It completes when the socket is closed.
     */
    public Flow.Publisher<Notification<T>> publisher() {
        return subscriber -> {
            NotificationSubscription<T> subscription = new NotificationSubscription<>(this, subscriber);
            subscriptions.add(subscription);
            subscription.start();
        };
    }

    /** Removes a subscription that has ended. */
    void ended(NotificationSubscription<T> subscription) {
        subscriptions.remove(subscription);
    }

    /** Puts {@code notification}, which was taken, back as the next one. */
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

    /** Wakes all waiting threads so that they check whether to continue. */
    void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        transport.wake();
    }

    /** Returns whether {@link #close()} has not been called. */
    public boolean isOpen() {
        return transport.isOpen();
    }

    /** Ends all waits and closes the socket. Idempotent. */
    @Override
    public void close() {
        transport.close();
        wake();
        subscriptions.forEach(NotificationSubscription::wake);
    }
}
