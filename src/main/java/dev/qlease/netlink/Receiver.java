package dev.qlease.netlink;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Events;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the replies of one socket to those who wait for them. Of the waiting threads one receives, for itself and the
 * others; when it has what it waits for, it wakes another to go on.
 */
final class Receiver {
    private static final Logger LOG = LoggerFactory.getLogger(Receiver.class);

    /** How many errors in a row are taken for lost messages; a socket that says nothing else is broken. */
    private static final int MAX_ERRORS = 16;

    private final Transport transport;
    private final Map<Integer, Exchange<?>> pending = new ConcurrentHashMap<>();
    private final ReentrantLock receiving = new ReentrantLock();

    /**
     * What the kernel said when it threw replies away, until all whose reply that may have been are found. This and the
     * next are guarded by {@link #receiving}.
     */
    private @Nullable LinuxException loss;

    private int errors;

    Receiver(Transport transport) {
        this.transport = transport;
    }

    /** Has replies to request {@code number} brought to {@code exchange} from now on. */
    void expect(int number, Exchange<?> exchange) {
        if (receiving.isHeldByCurrentThread()) {
            throw new IllegalStateException(exchange.request().operation()
                    + ": a decoder or reader makes no requests of the socket that it works for");
        }
        pending.put(number, exchange);
    }

    /** Drops what still comes for request {@code number}. */
    void forget(int number) {
        pending.remove(number);
    }

    /** Returns when {@code exchange} is done: receives for all, or waits for the thread that does. */
    void await(Exchange<?> exchange, Duration timeout) {
        long patience = Events.nanos(timeout);
        boolean interrupted = false;
        exchange.waitedForBy(Thread.currentThread());
        try {
            while (!exchange.isDone()) {
                if (!transport.isOpen()) {
                    throw NetlinkSocket.closed(exchange.request().title());
                }
                long deadline = exchange.lastSign() + patience;
                if (receiving.tryLock()) {
                    try {
                        receiveUntil(exchange, deadline);
                    } finally {
                        receiving.unlock();
                    }
                } else {
                    LockSupport.parkNanos(this, deadline - System.nanoTime());
                    // An interrupted thread would not be parked again.
                    interrupted |= Thread.interrupted();
                }
                if (!exchange.isDone() && exchange.lastSign() + patience - System.nanoTime() <= 0) {
                    throw new NetlinkTimeoutException(exchange.request().title(), timeout);
                }
            }
        } finally {
            exchange.waitedForBy(null);
            passOn();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Wakes one of those that still wait, so that it receives from now on. */
    private void passOn() {
        for (Exchange<?> next : pending.values()) {
            if (!next.isDone() && next.wake()) {
                return;
            }
        }
    }

    /** Wakes all who wait, so that they see that the socket is closed, and tells the others. */
    void wakeAll() {
        pending.values().forEach(Exchange::close);
    }

    private void receiveUntil(Exchange<?> exchange, long deadline) {
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
                if (deadline - System.nanoTime() <= 0) {
                    return;
                }
            } else if (loss != null) {
                giveUp(before, loss);
            } else if (!transport.await(deadline) || !transport.isOpen()) {
                return;
            }
        }
    }

    /**
     * Receives all that the kernel has, without waiting for more. That also makes it go on with a dump that nobody waits
     * for any more, up to its end.
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

    /** Receives all that the kernel has, for those who do not wait, without waiting for more. */
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
     * Those who had no answer at one moment.
     *
     * @param sent those whose request the kernel had taken
     * @param underWay whether the kernel was at work on another
     */
    private record Unanswered(List<Exchange<?>> sent, boolean underWay) {
        static final Unanswered NOBODY = new Unanswered(List.of(), true);
    }

    private Unanswered unanswered() {
        List<Exchange<?>> sent = new ArrayList<>();
        boolean underWay = false;
        for (Exchange<?> exchange : pending.values()) {
            if (exchange.isSent() && !exchange.isDone()) {
                sent.add(exchange);
            } else if (!exchange.isSent()) {
                underWay = true;
            }
        }
        return new Unanswered(sent, underWay);
    }

    /**
     * After the kernel threw replies away and the queue is empty. The kernel queues a reply before the call that sends the
     * request returns, so requests that were sent {@code before} the queue was seen empty and are still unanswered are the
     * ones whose replies are lost. While it had no room it dropped those of requests under way too, and does not say
     * so again: as long as there are such, the next to receive looks for the lost ones once more.
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

    /** Hands each message to the exchange that it answers; those of given-up requests are dropped. */
    private void dispatch(MemorySegment received) {
        errors = 0;
        int number = 0;
        Exchange<?> exchange = null;
        NetlinkMessage message = new NetlinkMessage(received);
        for (long at = 0; received.byteSize() - at >= NetlinkMessage.HEADER; at += message.paddedLength()) {
            try {
                message.moveTo(at);
            } catch (MalformedMessageException e) {
                LOG.warn("dropping the rest of what came from the kernel: {}", e.getMessage());
                return;
            }
            boolean ours = message.port() == transport.port();
            // Looked up once for the many replies of a dump that come together.
            if (ours && (exchange == null || message.sequence() != number)) {
                number = message.sequence();
                exchange = pending.get(number);
                if (exchange != null) {
                    exchange.markSign();
                }
            }
            if (!ours || exchange == null || exchange.isDone()) {
                LOG.debug("nobody waits for {}", message);
                continue;
            }
            exchange.accept(message);
            if (exchange.isDone()) {
                exchange.wake();
            }
        }
        if (exchange != null && !exchange.isDone()) {
            // Whoever reads as it comes may have taken its time, in which the kernel was not waited for.
            exchange.markSign();
        }
    }
}
