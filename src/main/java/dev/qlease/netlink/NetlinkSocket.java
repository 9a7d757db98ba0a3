package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.Exchange.Ending;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
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

    private static final int RECEIVE_QUEUE = 1 << 20;
    private static final long REQUEST_BUFFER = 4096;

    /** How many requests' memory is kept for the next ones. */
    private static final int KEPT_BUFFERS = 64;

    private final Transport transport;
    private final Receiver receiver;
    private final NetlinkProtocol protocol;
    private final ArrayBlockingQueue<MemorySegment> buffers = new ArrayBlockingQueue<>(KEPT_BUFFERS);
    private final AtomicInteger sequence = new AtomicInteger();
    private final ReentrantLock dumping = new ReentrantLock(true);
    private volatile Duration timeout = DEFAULT_TIMEOUT;

    NetlinkSocket(Transport transport, NetlinkProtocol protocol) {
        this.transport = transport;
        this.receiver = new Receiver(transport);
        this.protocol = protocol;
    }

    /** Opens a socket in the calling thread's namespace. */
    public static NetlinkSocket open(NetlinkProtocol protocol) {
        return open(Endpoint.open(protocol, null), protocol);
    }

    /**
     * Opens a socket in {@code namespace}.
     *
     * @throws LinuxException EPERM if this process may not enter it
     */
    public static NetlinkSocket open(NetlinkProtocol protocol, NetworkNamespace namespace) {
        return open(Endpoint.open(protocol, namespace), protocol);
    }

    private static NetlinkSocket open(Endpoint endpoint, NetlinkProtocol protocol) {
        try {
            endpoint.receiveQueue(RECEIVE_QUEUE);
        } catch (RuntimeException e) {
            endpoint.close();
            throw e;
        }
        return new NetlinkSocket(endpoint, protocol);
    }

    /** The protocol it speaks. */
    public NetlinkProtocol protocol() {
        return protocol;
    }

    /** Its port, nl_pid. */
    public int port() {
        return transport.port();
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
        return new Request(this, operation, type, buffer == null ? allocate(REQUEST_BUFFER) : buffer);
    }

    /** Memory for a request, which lives as long as somebody knows it: also requests that are never sent leave none behind. */
    static MemorySegment allocate(long size) {
        return Arena.ofAuto().allocate(size, 8);
    }

    /** Takes back the memory of a request that is done with. */
    void recycle(MemorySegment buffer) {
        if (buffer.byteSize() == REQUEST_BUFFER) {
            // Where there is no room for it, it is left to the garbage collector.
            boolean _ = buffers.offer(buffer);
        }
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
        transport.enter();
        try {
            sendAndWait(number, exchange);
            return exchange.records();
        } finally {
            transport.leave();
        }
    }

    /**
     * Sends a dump and waits for its end, {@linkplain Exchange#isWorthAnotherDump again} where that helps.
     *
     * @param reader takes the records as they come; null to keep and answer them
     */
    <T> List<T> dump(Request request, Decoder<T> decoder, @Nullable Consumer<? super T> reader) {
        transport.enter();
        dumping.lock();
        try {
            for (int attempt = 1; ; attempt++) {
                Exchange<T> exchange = dumpOnce(request, decoder, reader);
                if (!exchange.isWorthAnotherDump(attempt)) {
                    return exchange.dumped(attempt);
                }
                if (exchange.failed()) {
                    receiver.drain();
                }
                LOG.debug("{}: the list could not be read in one piece, reading it again", request);
            }
        } finally {
            dumping.unlock();
            transport.leave();
        }
    }

    private <T> Exchange<T> dumpOnce(Request request, Decoder<T> decoder, @Nullable Consumer<? super T> reader) {
        if (!transport.isOpen()) {
            throw closed(request.operation().name());
        }
        int number = nextSequence();
        Exchange<T> exchange = new Exchange<>(request.seal(number), decoder, Ending.DONE, reader);
        sendAndWait(number, exchange);
        return exchange;
    }

    private void sendAndWait(int number, Exchange<?> exchange) {
        LOG.trace("-> {}", exchange.request());
        receiver.expect(number, exchange);
        try {
            int result = transport.send(exchange.message());
            if (result < 0) {
                throw LinuxException.of("send of " + exchange.request().title(), -result);
            }
            exchange.markSent();
            receiver.await(exchange, timeout);
        } finally {
            receiver.forget(number);
        }
    }

    /** The socket, for polling it for input. It goes on belonging to this. */
    FileDescriptor descriptor() {
        return transport.descriptor();
    }

    /** Sends, and leaves it to {@link #poll()} to bring the replies. */
    void begin(int number, Exchange<?> exchange) {
        transport.enter();
        receiver.expect(number, exchange);
        try {
            LinuxException.check(
                    transport.send(exchange.message()),
                    "send of " + exchange.request().title());
            exchange.markSent();
        } catch (RuntimeException e) {
            receiver.forget(number);
            throw e;
        } finally {
            transport.leave();
        }
    }

    /** Takes no more replies to request {@code number}. */
    void forget(int number) {
        receiver.forget(number);
    }

    /** Takes what replies have come, without waiting. */
    void poll() {
        transport.enter();
        try {
            receiver.poll();
        } finally {
            transport.leave();
        }
    }

    static IllegalStateException closed(String title) {
        return new IllegalStateException("netlink socket was closed while waiting for the answer to " + title);
    }

    /** Ends requests under way and closes the socket. Does nothing again. */
    @Override
    public void close() {
        transport.close();
        receiver.wakeAll();
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
