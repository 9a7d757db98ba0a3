package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Log;
import dev.qlease.netlink.Exchange.Ending;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A netlink socket for requests and their replies.
 *
 * <p>Thread-safe: any number of threads may make requests at the same time. The socket has no thread of its own. One of
 * the threads that wait for replies receives for all of them, so that a single request takes one send and one receive,
 * without switching threads. Dumps run one at a time, since the kernel allows one per socket. A request fails with
 * {@link NetlinkTimeoutException} if no reply arrives within {@link #timeout()}. For a dump, the timeout starts anew
 * with each message from the kernel.
 *
 * <p>The kernel processes a request within the system call that sends it, so in practice a request blocks only for as
 * long as that takes; a virtual thread occupies its carrier during the call. The socket remains in the namespace in
 * which it was opened. Closing it makes pending requests fail with {@link IllegalStateException}, and the kernel
 * releases what it ties to the socket, such as dma-buf bindings.
 */
public final class NetlinkSocket implements AutoCloseable {
    private static final Log LOG = Log.of(NetlinkSocket.class);

    /** The initial value of {@link #timeout()}. */
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

    /** The size of the receive queue, in bytes. */
    private static final int RECEIVE_QUEUE = 1 << 20;

    /** Half of the pause before the second attempt at a dump, in nanoseconds; the pause doubles with each attempt. */
    private static final long FIRST_PAUSE = 2_000_000;

    /** The initial size of a request's buffer, in bytes. */
    private static final long REQUEST_BUFFER = 4096;

    /** The maximum number of buffers that are kept for reuse by later requests. */
    private static final int KEPT_BUFFERS = 64;

    private final Transport transport;
    private final Receiver receiver;
    private final NetlinkProtocol protocol;
    private final ArrayBlockingQueue<MemorySegment> buffers = new ArrayBlockingQueue<>(KEPT_BUFFERS);

    /** The buffer that a single thread uses again and again, without the queue's lock. */
    private final AtomicReference<@Nullable MemorySegment> spare = new AtomicReference<>();

    private final AtomicInteger sequence = new AtomicInteger();
    private final ReentrantLock dumping = new ReentrantLock(true);
    private volatile Duration timeout = DEFAULT_TIMEOUT;

    NetlinkSocket(Transport transport, NetlinkProtocol protocol) {
        this.transport = transport;
        this.receiver = new Receiver(transport);
        this.protocol = protocol;
    }

    /** Opens a socket in the calling thread's network namespace. */
    public static NetlinkSocket open(NetlinkProtocol protocol) {
        return open(protocol, NetworkNamespace.ofCaller());
    }

    /**
     * Opens a socket in {@code namespace}.
     *
     * @throws LinuxException EPERM if this process may not enter the namespace
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

    /** Returns the netlink protocol of this socket. */
    public NetlinkProtocol protocol() {
        return protocol;
    }

    /** Returns the port id of this socket (nl_pid). */
    public int port() {
        return transport.port();
    }

    /** Returns how long requests wait for a reply; 10 seconds by default. */
    public Duration timeout() {
        return timeout;
    }

    /**
     * Sets how long subsequent requests wait for a reply.
     *
     * @throws IllegalArgumentException if {@code newTimeout} is zero or negative
     */
    public void timeout(Duration newTimeout) {
        if (newTimeout.isNegative() || newTimeout.isZero()) {
            throw new IllegalArgumentException("the timeout must be positive, not " + newTimeout);
        }
        timeout = newTimeout;
    }

    /**
     * Creates a request of a family that is not a generic netlink family. The methods of the request add its attributes
     * and send it.
     *
     * @throws IllegalArgumentException if {@code operation} belongs to a generic netlink family
     */
    public Request request(Operation operation) {
        if (operation.generic()) {
            throw new IllegalArgumentException(
                    operation + " belongs to a generic netlink family: use the request() of that family");
        }
        return request(operation, operation.number());
    }

    /** Creates a request of message type {@code type}. */
    Request request(Operation operation, int type) {
        MemorySegment buffer = spare.getAndSet(null);
        if (buffer == null) {
            buffer = buffers.poll();
        }
        return new Request(this, operation, type, buffer == null ? allocate(REQUEST_BUFFER) : buffer);
    }

    /**
     * Allocates memory for a request. The garbage collector frees it, so that requests that are never sent do not leak
     * memory.
     */
    static MemorySegment allocate(long size) {
        return Arena.ofAuto().allocate(size, 8);
    }

    /** Keeps the memory of a finished request for reuse. */
    void recycle(MemorySegment buffer) {
        if (buffer.byteSize() == REQUEST_BUFFER) {
            // If enough buffers are kept already, the garbage collector frees this one.
            boolean _ = spare.compareAndSet(null, buffer) || buffers.offer(buffer);
        }
    }

    int nextSequence() {
        int next;
        do {
            next = sequence.incrementAndGet();
        } while (next == 0);
        return next;
    }

    /** Sends a request, waits until it is answered, and returns the completed exchange. */
    <T> Exchange<T> exchange(int number, RequestImage image, Decoder<T> decoder, Ending ending) {
        Exchange<T> exchange = new Exchange<>(image, decoder, ending);
        transport.enter();
        try {
            sendAndWait(number, exchange);
            return exchange;
        } finally {
            transport.leave();
        }
    }

    /**
     * Sends a dump request and waits for the end of the dump; repeats it {@linkplain Exchange#isWorthAnotherDump where
     * that helps}.
     *
     * @param reader receives the records as they arrive; null to collect and return them
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
                LockSupport.parkNanos(FIRST_PAUSE << attempt);
                LOG.debug(request + ": the list could not be read in one piece, reading it again");
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
        if (LOG.isTraceEnabled()) {
            LOG.trace("-> " + exchange.request());
        }
        receiver.expect(number, exchange);
        try {
            int result = send(exchange.request());
            if (result < 0) {
                throw LinuxException.of("send of " + exchange.request().title(), -result);
            }
            exchange.markSent();
            receiver.await(exchange, timeout);
        } finally {
            receiver.forget(number);
        }
    }

    private int send(RequestImage request) {
        return transport.send(request.buffer(), request.length());
    }

    /**
     * Returns the socket's descriptor, for polling it for input, or for sending it to another process. Remains owned by
     * this object; do not close it.
     */
    public FileDescriptor descriptor() {
        return transport.descriptor();
    }

    /** Sends a request without waiting; {@link #poll()} receives the replies. */
    void begin(int number, Exchange<?> exchange) {
        transport.enter();
        receiver.expect(number, exchange);
        try {
            LinuxException.check(
                    send(exchange.request()), "send of " + exchange.request().title());
            exchange.markSent();
        } catch (RuntimeException e) {
            receiver.forget(number);
            throw e;
        } finally {
            transport.leave();
        }
    }

    /** Discards all further replies to request {@code number}. */
    void forget(int number) {
        receiver.forget(number);
    }

    /** Receives the replies that have arrived, without waiting. */
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

    /** Makes pending requests fail and closes the socket. Idempotent. */
    @Override
    public void close() {
        transport.close();
        receiver.wakeAll();
    }

    @Override
    public String toString() {
        return "netlink socket (" + protocol + ", port " + Integer.toUnsignedString(port()) + ")";
    }

    /** Returns the flags of a request whose exchange ends with {@code ending}. */
    static int flagsFor(Ending ending) {
        return switch (ending) {
            case REPLY -> Uapi.NLM_F_REQUEST();
            case ACK -> Uapi.NLM_F_REQUEST() | Uapi.NLM_F_ACK();
            case DONE -> Uapi.NLM_F_REQUEST() | Uapi.NLM_F_DUMP();
        };
    }
}
