package dev.qlease.netlink;

import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;

/** One subscriber's thread: reads a notification for each that was asked for. */
final class NotificationSubscription<T> implements Flow.Subscription {
    private final NotificationSocket<T> socket;
    private final Flow.Subscriber<? super Notification<T>> subscriber;
    private final Semaphore demand = new Semaphore(0);
    private final Thread thread;
    private volatile boolean cancelled;
    private volatile boolean askedForNothing;

    NotificationSubscription(NotificationSocket<T> socket, Flow.Subscriber<? super Notification<T>> subscriber) {
        this.socket = socket;
        this.subscriber = subscriber;
        this.thread = Thread.ofPlatform().daemon().name("qlease-notifications").unstarted(this::run);
    }

    void start() {
        subscriber.onSubscribe(this);
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                demand.acquire();
                if (cancelled) {
                    return;
                }
                if (askedForNothing) {
                    subscriber.onError(new IllegalArgumentException("a subscriber asks for at least one notification"));
                    return;
                }
                Notification<T> next = socket.next();
                if (cancelled) {
                    socket.putBack(next);
                    return;
                }
                subscriber.onNext(next);
            }
        } catch (InterruptedException e) {
            // Only cancel() interrupts this thread: nobody is to be told anything.
            cancelled = true;
        } catch (IllegalStateException e) {
            finish(e);
        } catch (RuntimeException e) {
            subscriber.onError(e);
        }
    }

    private void finish(IllegalStateException e) {
        if (cancelled) {
            return;
        }
        if (socket.isOpen()) {
            subscriber.onError(e);
        } else {
            subscriber.onComplete();
        }
    }

    @Override
    public synchronized void request(long count) {
        if (count <= 0) {
            askedForNothing = true;
            demand.release();
        } else {
            demand.release((int) Math.min(count, Integer.MAX_VALUE - demand.availablePermits()));
        }
    }

    @Override
    public void cancel() {
        cancelled = true;
        thread.interrupt();
    }
}
