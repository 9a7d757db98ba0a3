package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.Exchange.Ending;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A netlink socket for requests and their replies.
 *
 * <p>Any number of threads may make requests at once. There is no thread of the socket's own: of those that wait for a
 * reply one receives, for itself and the others, so that a lone request costs a send and a receive and no switch between
 * threads. Dumps take turns, since the kernel runs one a socket. A request that gets no answer in {@link #timeout()} fails
 * with {@link NetlinkTimeoutException}; of a dump the time counts from the kernel's last sign.
 *
 * <p>The kernel works on a request while it is sent, so in practice nobody blocks for longer than that takes; a virtual
 * thread keeps its carrier meanwhile. The socket stays in the namespace that it was opened in. Closing it makes requests
 * under way fail with {@link IllegalStateException} and undoes what the kernel ties to it, such as dma-buf bindings.
 */
public final class NetlinkSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetlinkSocket.class);

    /** How long a request waits unless told otherwise. */
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

    /** How often a list that changes while it is read is read again. */
    private static final int DUMP_ATTEMPTS = 4;

    private static final int RECEIVE_QUEUE = 1 << 20;
    private static final long REQUEST_BUFFER = 4096;

    private final Endpoint endpoint;
    private final NetlinkProtocol protocol;
    private final Map<Integer, Exchange<?>> pending = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<MemorySegment> buffers = new ConcurrentLinkedQueue<>();
    private final AtomicInteger sequence = new AtomicInteger();
    private final ReentrantLock receiving = new ReentrantLock();
    private final ReentrantLock dumping = new ReentrantLock(true);

    /** A dump that its asker gave up, which has to end before the next can begin; guarded by {@link #dumping}. */
    private @Nullable Exchange<?> abandoned;

    private volatile Duration timeout = DEFAULT_TIMEOUT;

    private NetlinkSocket(Endpoint endpoint, NetlinkProtocol protocol) {
        this.endpoint = endpoint;
        this.protocol = protocol;
        endpoint.receiveQueue(RECEIVE_QUEUE);
    }

    /** Opens a socket in the calling thread's namespace. */
    public static NetlinkSocket open(NetlinkProtocol protocol) {
        return new NetlinkSocket(Endpoint.open(protocol, null), protocol);
    }

    /**
     * Opens a socket in {@code namespace}.
     *
     * @throws LinuxException EPERM if this process may not enter it
     */
    public static NetlinkSocket open(NetlinkProtocol protocol, NetworkNamespace namespace) {
        return new NetlinkSocket(Endpoint.open(protocol, namespace), protocol);
    }

    /** The protocol it speaks. */
    public NetlinkProtocol protocol() {
        return protocol;
    }

    /** Its port, nl_pid. */
    public int port() {
        return endpoint.port();
    }

    /** How long requests wait for an answer. */
    public Duration timeout() {
        return timeout;
    }

    /** Sets how long requests from now on wait for an answer. */
    public void timeout(Duration newTimeout) {
        if (newTimeout.isNegative() || newTimeout.isZero()) {
            throw new IllegalArgumentException("a timeout is longer than nothing, not " + newTimeout);
        }
        timeout = newTimeout;
    }

    /** Begins a request of a family that is not generic; its own methods fill and send it. */
    public Request request(Operation operation) {
        if (operation.generic()) {
            throw new IllegalArgumentException(operation + " is a generic family's: ask that for a request");
        }
        return request(operation, operation.number());
    }

    /** Begins a request of message type {@code type}. */
    Request request(Operation operation, int type) {
        MemorySegment buffer = buffers.poll();
        if (buffer == null) {
            endpoint.enter();
            try {
                buffer = endpoint.allocate(REQUEST_BUFFER);
            } finally {
                endpoint.leave();
            }
        }
        return new Request(this, operation, type, buffer);
    }

    /** Memory for a request that outgrew its own. */
    MemorySegment allocate(long size) {
        return endpoint.allocate(size);
    }

    /** Takes back the memory of a request that is done with. */
    void recycle(MemorySegment buffer) {
        buffers.add(buffer);
    }

    int nextSequence() {
        int next;
        do {
            next = sequence.incrementAndGet();
        } while (next == 0);
        return next;
    }

    /** Sends and waits for the end of one exchange. */
    <T> List<T> exchange(int number, RequestImage image, Decoder<T> decoder, Ending ending) {
        Exchange<T> exchange = new Exchange<>(image, decoder, ending);
        endpoint.enter();
        try {
            sendAndWait(number, exchange);
            return exchange.records();
        } finally {
            endpoint.leave();
        }
    }

    /** Sends a dump, again while the list changed under it, and waits for its end. */
    <T> List<T> dump(Request request, Decoder<T> decoder) {
        endpoint.enter();
        dumping.lock();
        try {
            for (int attempt = 1; ; attempt++) {
                finishAbandoned();
                int number = nextSequence();
                Exchange<T> exchange = new Exchange<>(request.seal(number), decoder, Ending.DONE);
                sendAndWait(number, exchange);
                List<T> records = exchange.records();
                if (!exchange.isInterrupted()) {
                    return records;
                }
                if (attempt == DUMP_ATTEMPTS) {
                    throw new DumpInterruptedException(exchange.request().title(), attempt, records);
                }
                LOG.debug("{}: the list changed while it was read, reading it again", exchange.request());
            }
        } finally {
            dumping.unlock();
            endpoint.leave();
        }
    }

    private void finishAbandoned() {
        Exchange<?> old = abandoned;
        if (old != null) {
            await(old);
            abandoned = null;
        }
    }

    private void sendAndWait(int number, Exchange<?> exchange) {
        LOG.trace("-> {}", exchange.request());
        pending.put(number, exchange);
        boolean drained = false;
        try {
            int result = endpoint.send(exchange.message());
            if (result < 0) {
                drained = true;
                throw LinuxException.of("send of " + exchange.request().title(), -result);
            }
            exchange.markSent();
            await(exchange);
            drained = true;
        } finally {
            if (exchange.isDump() && !drained && endpoint.isOpen()) {
                abandoned = exchange;
            } else {
                pending.remove(number);
            }
        }
    }

    /** Returns when {@code exchange} is done: receives for all, or waits for the thread that does. */
    private void await(Exchange<?> exchange) {
        long patience = timeout.toNanos();
        exchange.waitedForBy(Thread.currentThread());
        try {
            while (!exchange.isDone()) {
                long deadline = exchange.lastSign() + patience;
                if (!endpoint.isOpen()) {
                    throw new IllegalStateException("netlink socket was closed while waiting for the answer to "
                            + exchange.request().title());
                }
                if (receiving.tryLock()) {
                    try {
                        receiveUntil(exchange, deadline);
                    } finally {
                        receiving.unlock();
                    }
                } else {
                    LockSupport.parkNanos(this, deadline - System.nanoTime());
                }
                if (!exchange.isDone() && exchange.lastSign() + patience - System.nanoTime() <= 0) {
                    throw new NetlinkTimeoutException(exchange.request().title(), timeout);
                }
            }
        } finally {
            exchange.waitedForBy(null);
            passOn();
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

    private void receiveUntil(Exchange<?> exchange, long deadline) {
        while (!exchange.isDone()) {
            MemorySegment received;
            try {
                received = endpoint.receive();
            } catch (LinuxException e) {
                if (!e.is(Errno.ENOBUFS)) {
                    throw e;
                }
                findLost(e);
                continue;
            }
            if (received != null) {
                dispatch(received);
            } else if (!endpoint.await(deadline) || !endpoint.isOpen()) {
                return;
            }
        }
    }

    /**
     * After the kernel threw replies away: those of requests that it had taken before, and that are still unanswered when
     * the queue is empty, are the lost ones. The replies are queued before the sending call returns, so there are no others.
     */
    private void findLost(LinuxException overrun) {
        while (true) {
            List<Exchange<?>> unanswered = new ArrayList<>();
            for (Exchange<?> exchange : pending.values()) {
                if (exchange.isSent() && !exchange.isDone()) {
                    unanswered.add(exchange);
                }
            }
            MemorySegment received;
            try {
                received = endpoint.receive();
            } catch (LinuxException again) {
                if (!again.is(Errno.ENOBUFS)) {
                    throw again;
                }
                continue;
            }
            if (received == null) {
                for (Exchange<?> lost : unanswered) {
                    lost.abort(new NetlinkException(lost.request().title(), overrun.number(), ExtendedAck.NONE));
                    lost.wake();
                }
                return;
            }
            dispatch(received);
        }
    }

    /** Hands each message to the exchange that it answers; those of given-up requests are dropped. */
    private void dispatch(MemorySegment received) {
        for (long at = 0; received.byteSize() - at >= NetlinkMessage.HEADER; ) {
            NetlinkMessage message;
            try {
                message = NetlinkMessage.parse(received, at);
            } catch (MalformedMessageException e) {
                LOG.warn("dropping the rest of what came from the kernel: {}", e.getMessage());
                return;
            }
            at += message.paddedLength();
            Exchange<?> exchange = message.port() == port() ? pending.get(message.sequence()) : null;
            if (exchange == null) {
                LOG.debug("nobody waits for {}", message);
                continue;
            }
            exchange.accept(message);
            if (exchange.isDone()) {
                exchange.wake();
            }
        }
    }

    /** Ends requests under way and closes the socket. Does nothing again. */
    @Override
    public void close() {
        endpoint.close();
        pending.values().forEach(Exchange::wake);
    }

    @Override
    public String toString() {
        return "netlink socket (" + protocol + ", port " + Integer.toUnsignedString(port()) + ")";
    }

    /** The flags every request has, for messages that expect {@code ending}. */
    static int flagsFor(Ending ending) {
        return switch (ending) {
            case REPLY -> Uapi.NLM_F_REQUEST();
            case ACK -> Uapi.NLM_F_REQUEST() | Uapi.NLM_F_ACK();
            case DONE -> Uapi.NLM_F_REQUEST() | Uapi.NLM_F_DUMP();
        };
    }
}
