package dev.qlease.netlink;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.Log;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Dispatches the replies of one socket to the exchanges that they answer. One of the waiting threads receives for all
 * of them; once its own exchange is done it wakes another one, which continues.
 */
final class Receiver {
    private static final Log LOG = Log.of(Receiver.class);

    /** Consecutive errors that count as lost messages; after more, the socket is considered broken. */
    private static final int MAX_ERRORS = 16;

    /** How often a thread looks again before it is parked, since a receive call takes less time than parking. */
    private static final int SPINS = 50;

    private final Transport transport;
    private final Pending pending = new Pending();
    private final ReentrantLock receiving = new ReentrantLock();

    /** The message that is dispatched. Guarded by {@link #receiving}, as the next fields are. */
    private final NetlinkMessage message = new NetlinkMessage(MemorySegment.NULL);

    /**
     * The kernel's error when it dropped replies, kept until all exchanges that may have lost theirs are found.
     */
    private @Nullable LinuxException loss;

    private int errors;

    Receiver(Transport transport) {
        this.transport = transport;
    }

    /** Dispatches replies to request {@code number} to {@code exchange} from now on. */
    void expect(int number, Exchange<?> exchange) {
        if (receiving.isHeldByCurrentThread()) {
            throw new IllegalStateException(exchange.request().operation()
                    + ": a decoder or reader makes no requests of the socket that it works for");
        }
        exchange.number(number);
        pending.add(exchange);
    }

    /** Drops further replies to request {@code number}. */
    void forget(int number) {
        pending.remove(number);
    }

    /** Returns when {@code exchange} is done: receives for all, or waits for the thread that receives. */
    void await(Exchange<?> exchange, Duration timeout) {
        long nanos = Events.nanos(timeout);
        boolean interrupted = false;
        boolean waiting = false;
        int spins = 0;
        try {
            while (!exchange.isDone()) {
                if (!transport.isOpen()) {
                    throw NetlinkSocket.closed(exchange.request().title());
                }
                if (receiving.tryLock()) {
                    try {
                        receiveUntil(exchange, nanos);
                    } finally {
                        receiving.unlock();
                    }
                } else if (spins < SPINS) {
                    spins++;
                    Thread.onSpinWait();
                } else if (!waiting) {
                    // Before it looks again: whoever completes the exchange from here on wakes this thread.
                    exchange.waitedForBy(Thread.currentThread());
                    waiting = true;
                } else {
                    LockSupport.parkNanos(this, exchange.deadline(nanos) - System.nanoTime());
                    // An interrupted thread would not be parked again.
                    interrupted |= Thread.interrupted();
                }
                if (!exchange.isDone() && exchange.deadline(nanos) - System.nanoTime() <= 0) {
                    throw new NetlinkTimeoutException(exchange.request().title(), timeout);
                }
            }
        } finally {
            if (waiting) {
                exchange.waitedForBy(null);
            }
            passOn();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Wakes one of the threads that still wait, which then receives. */
    private void passOn() {
        pending.visit(next -> !next.isDone() && next.wake());
    }

    /** Wakes all waiting threads, which then see that the socket is closed, and fails the other exchanges. */
    void wakeAll() {
        pending.visit(exchange -> {
            exchange.close();
            return false;
        });
    }

    private void receiveUntil(Exchange<?> exchange, long nanos) {
        while (!exchange.isDone()) {
            Unanswered before = loss == null ? Unanswered.NOBODY : unanswered();
            MemorySegment received;
            try {
                received = transport.receive();
            } catch (LinuxException e) {
                lost(e);
                continue;
            }
            if (received != null) {
                dispatch(received);
                if (!exchange.isDone() && exchange.deadline(nanos) - System.nanoTime() <= 0) {
                    return;
                }
            } else if (loss != null) {
                giveUp(before, loss);
            } else if (!transport.await(exchange.deadline(nanos)) || !transport.isOpen()) {
                return;
            }
        }
    }

    /**
     * Receives everything that the kernel has queued, without blocking. This also lets the kernel finish a dump that
     * was abandoned.
     */
    void drain() {
        receiving.lock();
        try {
            while (true) {
                try {
                    MemorySegment received = transport.receive();
                    if (received == null) {
                        return;
                    }
                    dispatch(received);
                } catch (LinuxException e) {
                    lost(e);
                }
            }
        } finally {
            receiving.unlock();
            passOn();
        }
    }

    /** Receives everything that the kernel has queued, without blocking, for exchanges that no thread waits for. */
    void poll() {
        receiving.lock();
        try {
            while (true) {
                boolean lookedAgain = loss != null;
                Unanswered before = lookedAgain ? unanswered() : Unanswered.NOBODY;
                MemorySegment received;
                try {
                    received = transport.receive();
                } catch (LinuxException e) {
                    lost(e);
                    continue;
                }
                if (received != null) {
                    dispatch(received);
                } else if (loss == null) {
                    return;
                } else {
                    giveUp(before, loss);
                    if (lookedAgain) {
                        return;
                    }
                }
            }
        } finally {
            receiving.unlock();
            passOn();
        }
    }

    private void lost(LinuxException e) {
        if (++errors > MAX_ERRORS) {
            throw e;
        }
        loss = e;
    }

    /**
     * The exchanges without an answer at one moment.
     *
     * @param sent those whose request the kernel had accepted
     * @param underWay whether the kernel was processing another request
     */
    private record Unanswered(List<Exchange<?>> sent, boolean underWay) {
        static final Unanswered NOBODY = new Unanswered(List.of(), true);
    }

    private Unanswered unanswered() {
        List<Exchange<?>> sent = new ArrayList<>();
        boolean[] underWay = new boolean[1];
        pending.visit(exchange -> {
            if (!exchange.isSent()) {
                underWay[0] = true;
            } else if (!exchange.isDone()) {
                sent.add(exchange);
            }
            return false;
        });
        return new Unanswered(sent, underWay[0]);
    }

    /**
     * Fails the exchanges whose replies the kernel has dropped; called when the queue is empty. The kernel queues a
     * reply before the call that sends the request returns. So the replies are lost of those requests that were sent
     * {@code before} the queue was seen empty and are still unanswered. The kernel reports the loss only once, although
     * it may have dropped replies to requests that were still being processed: if there are any, the next receiving
     * thread checks again.
     */
    private void giveUp(Unanswered before, LinuxException why) {
        for (Exchange<?> lost : before.sent()) {
            if (!lost.isDone()) {
                lost.lose(why);
                lost.wake();
            }
        }
        if (!before.underWay()) {
            loss = null;
        }
    }

    /** Passes each message to the exchange that it answers; drops those for abandoned requests. */
    private void dispatch(MemorySegment received) {
        errors = 0;
        int number = 0;
        Exchange<?> exchange = null;
        message.moveTo(received);
        for (long at = 0; received.byteSize() - at >= NetlinkMessage.HEADER; at += message.paddedLength()) {
            try {
                message.moveTo(at);
            } catch (MalformedMessageException e) {
                LOG.warn("dropping the rest of what came from the kernel: " + e.getMessage());
                return;
            }
            boolean ours = message.port() == transport.port();
            // One lookup for consecutive replies of the same dump.
            if (ours && (exchange == null || message.sequence() != number)) {
                number = message.sequence();
                exchange = pending.get(number);
                if (exchange != null && !exchange.isSingle()) {
                    exchange.markSign();
                }
            }
            if (!ours || exchange == null || exchange.isDone()) {
                if (LOG.isDebugEnabled()) {
                    LOG.debug("no request is waiting for " + message);
                }
                continue;
            }
            exchange.accept(message);
            if (exchange.isDone()) {
                exchange.wake();
            }
        }
        if (exchange != null && !exchange.isDone()) {
            // The time that the reader took does not count towards the timeout.
            exchange.markSign();
        }
    }
}
