package dev.qlease.netlink;

import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** One subscriber's thread: reads a notification for each one requested. */
final class NotificationSubscription<T> implements Flow.Subscription {
    private final NotificationSocket<T> socket;
    private final Flow.Subscriber<? super Notification<T>> subscriber;
    private final ReentrantLock lock = new ReentrantLock();

    /** A condition of {@link #lock}, which guards the fields below. */
    private final Condition changed = lock.newCondition();

    private long demand;
    private boolean cancelled;
    private boolean askedForNothing;

    NotificationSubscription(NotificationSocket<T> socket, Flow.Subscriber<? super Notification<T>> subscriber) {
        this.socket = socket;
        this.subscriber = Objects.requireNonNull(subscriber);
    }

    void start() {
        subscriber.onSubscribe(this);
        Thread.ofPlatform().daemon().name("qlease-notifications").start(this::run);
    }

    private void run() {
        try {
            while (awaitDemand()) {
                Optional<Notification<T>> next = socket.next(this::isCancelled);
                if (isCancelled()) {
                    next.ifPresent(socket::putBack);
                } else {
                    next.ifPresent(subscriber::onNext);
                }
            }
            end();
        } catch (RuntimeException e) {
            fail(e);
        } finally {
            socket.ended(this);
        }
    }

    /** Waits for demand and takes one unit of it; returns false if the subscription has ended. */
    private boolean awaitDemand() {
        lock.lock();
        try {
            while (demand == 0 && !cancelled && !askedForNothing && socket.isOpen()) {
                changed.awaitUninterruptibly();
            }
            if (cancelled || askedForNothing || !socket.isOpen()) {
                return false;
            }
            if (demand != Long.MAX_VALUE) {
                demand--;
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        if (isCancelled()) {
            return;
        }
        if (hasAskedForNothing()) {
            subscriber.onError(new IllegalArgumentException("a subscriber asks for at least one notification"));
        } else {
            subscriber.onComplete();
        }
    }

    private void fail(RuntimeException e) {
        if (isCancelled()) {
            return;
        }
        if (e instanceof IllegalStateException && !socket.isOpen()) {
            subscriber.onComplete();
        } else {
            subscriber.onError(e);
        }
    }

    private boolean isCancelled() {
        lock.lock();
        try {
            return cancelled;
        } finally {
            lock.unlock();
        }
    }

    private boolean hasAskedForNothing() {
        lock.lock();
        try {
            return askedForNothing;
        } finally {
            lock.unlock();
        }
    }

    /** Makes the thread check whether the socket is still open. */
    void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void request(long count) {
        lock.lock();
        try {
            if (count <= 0) {
                askedForNothing = true;
            } else {
                // Long.MAX_VALUE means unbounded.
                demand = demand + count < 0 ? Long.MAX_VALUE : demand + count;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void cancel() {
        lock.lock();
        try {
            cancelled = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        socket.wake();
    }
}
