package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.PollWaiter;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection that sends from a bound dma-buf, receives into bound dma-bufs, or both.
 *
 * <p>Sending uses {@code sendmsg} with MSG_ZEROCOPY and a control message SCM_DEVMEM_DMABUF; completions report when
 * the sent bytes of the dma-buf may be overwritten. Receiving uses {@code recvmsg} with MSG_SOCK_DEVMEM, which also
 * returns data that arrived in ordinary memory. Received fragments are returned to the kernel by their tokens.
 *
 * <p>Sending, reading completions, receiving and releasing fragments allocate nothing. Thread-safe: no lock is held
 * during a wait, so that no call exceeds its own timeout because of another thread's wait. A virtual thread that waits
 * is parked and does not occupy its carrier. Closing the socket ends all waits. An interrupt does not end a wait; the
 * thread's interrupt status remains set.
 */
public final class DevmemSocket implements AutoCloseable {
    /** The maximum number of pieces in one send: UIO_MAXIOV. */
    public static final int MAX_PIECES = Uapi.UIO_MAXIOV();

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final TcpSocket socket;
    private final InetSocketAddress peer;
    private final PollWaiter waiter;
    private final Arena arena;
    private final Usage usage;
    private final @Nullable BlockingSender sender;
    private final DevmemReceiver receiver;
    private volatile boolean blocking = true;

    private DevmemSocket(TcpSocket socket, Arena arena, @Nullable TxBinding binding, InetSocketAddress peer) {
        this.socket = socket;
        this.peer = peer;
        this.arena = arena;
        this.usage = new Usage("devmem socket", this::free);
        this.waiter = new PollWaiter(socket.descriptor());
        this.sender = binding == null ? null : new BlockingSender(socket, binding, usage, arena);
        this.receiver = new DevmemReceiver(socket, arena, usage, waiter, sender);
    }

    /**
     * Opens a connection that sends and receives, as {@link Device#connect} does.
     *
     * @param device the name of the device to bind the socket to; null to bind it to none. In that case every send
     *     fails if the route leaves by a device other than the binding's
     * @param timeout the longest time to wait for the connection to be established
     * @throws LinuxException if the connection fails: ECONNREFUSED, ETIMEDOUT and so on
     */
    public static DevmemSocket connect(
            TxBinding binding,
            NetworkNamespace namespace,
            @Nullable String device,
            InetSocketAddress peer,
            Duration timeout) {
        return over(Connector.connect(namespace, device, peer, timeout), binding, peer);
    }

    /**
     * Opens a connection that only receives. Otherwise as {@link #connect(TxBinding, NetworkNamespace, String,
     * InetSocketAddress, Duration)}.
     */
    public static DevmemSocket connect(
            NetworkNamespace namespace, @Nullable String device, InetSocketAddress peer, Duration timeout) {
        return over(Connector.connect(namespace, device, peer, timeout), null, peer);
    }

    /** Returns a connection that takes ownership of a connected socket. */
    @SuppressWarnings("MustBeClosedChecker") // free() closes the arena
    static DevmemSocket over(TcpSocket socket, @Nullable TxBinding binding, InetSocketAddress peer) {
        Arena arena = Arena.ofShared();
        try {
            return new DevmemSocket(socket, arena, binding, peer);
        } catch (RuntimeException e) {
            socket.close();
            arena.close();
            throw e;
        }
    }

    /**
     * Returns the socket options that {@link #setOption}, {@link #getOption} and {@link ConnectionOptions#with}
     * support.
     */
    public static Set<SocketOption<?>> supportedOptions() {
        return TcpOptions.supported();
    }

    /**
     * Sets a socket option and returns this socket.
     *
     * @throws UnsupportedOperationException if the option is not {@linkplain #supportedOptions supported}
     * @throws LinuxException if the kernel refuses
     */
    public <T> DevmemSocket setOption(SocketOption<T> option, T value) {
        run(() -> TcpOptions.set(socket, option, value));
        return this;
    }

    /**
     * Returns the value of a socket option.
     *
     * @throws UnsupportedOperationException if the option is not {@linkplain #supportedOptions supported}
     */
    public <T> T getOption(SocketOption<T> option) {
        return use(() -> TcpOptions.get(socket, option));
    }

    /**
     * Sets whether {@link #send} waits while no more can be sent and {@link #receive(ReceiveBatch)} waits for data;
     * true by default. If false, they return 0 instead of waiting.
     */
    public void blocking(boolean on) {
        blocking = on;
    }

    private BlockingSender sender() {
        if (sender == null) {
            throw new IllegalStateException("the connection to " + this + " was opened without a binding to send from");
        }
        return sender;
    }

    /**
     * Returns the binding from which this socket sends.
     *
     * @throws IllegalStateException if this socket only receives
     */
    public TxBinding binding() {
        return sender().binding();
    }

    /**
     * Returns the socket's descriptor, for polling: POLLIN for data, POLLOUT for space in the send queue, POLLERR for
     * completions. Remains owned by this object; do not close it.
     */
    public FileDescriptor descriptor() {
        return socket.descriptor();
    }

    /**
     * Receives the available data with one system call: in device memory if the receive queue is bound to a dma-buf,
     * and otherwise in ordinary memory. Waits for data if this socket is {@linkplain #blocking(boolean) blocking}.
     * First releases the fragments that {@code into} still holds.
     *
     * @return the number of bytes received; 0 only if this socket is non-blocking and no data is available; -1 at the
     *     end of the stream
     * @throws LinuxException if the connection has failed: ECONNRESET and so on
     * @throws IllegalStateException if the socket is closed or is closed during the wait
     */
    public long receive(ReceiveBatch into) {
        return receiver.receive(into, blocking ? Events.FOREVER : DevmemReceiver.NOW);
    }

    /**
     * As {@link #receive(ReceiveBatch)}, but waits at most {@code timeout}, whether this socket is blocking or not;
     * returns 0 if no data arrived in that time.
     */
    public long receive(ReceiveBatch into, Duration timeout) {
        return receiver.receive(into, Events.deadlineAfter(timeout));
    }

    /**
     * Releases the fragments of a batch that this socket filled, except those that were {@linkplain ReceiveBatch#keep
     * kept}. The device may then write to the memory of the released fragments again. Idempotent. Has no effect if the
     * socket is closed, since closing releases all fragments. Does not wait.
     *
     * @throws LinuxException if the kernel refuses
     */
    public void release(ReceiveBatch batch) {
        receiver.release(batch);
    }

    /**
     * Releases a fragment that was {@linkplain ReceiveBatch#keep kept}. Has no effect if the socket is closed. Does not
     * wait.
     *
     * @throws IllegalArgumentException if no fragment with this token is held
     * @throws LinuxException if the kernel refuses
     */
    public void release(int token) {
        receiver.release(token);
    }

    /**
     * Releases several fragments that were {@linkplain ReceiveBatch#keep kept}, with as few system calls as the kernel
     * allows: one call releases up to 1,024 fragments in up to 128 runs of consecutive tokens. Otherwise as {@link
     * #release(int)}.
     *
     * @param count the number of elements of {@code tokens} to release, starting with the first
     */
    public void release(int[] tokens, int count) {
        receiver.release(tokens, Objects.checkFromIndexSize(0, count, tokens.length) + count);
    }

    /** Returns the number of unreleased fragments in dma-bufs, to whose memory the device cannot write. */
    public int unreleased() {
        return receiver.outstanding();
    }

    /** Returns the counters of the data received so far. */
    public ReceiveCounts received() {
        return receiver.counts();
    }

    /**
     * Sends a range of bytes of the dma-buf. They must not be changed until the send has completed.
     *
     * @param offset the offset of the first byte in the dma-buf
     * @param length the number of bytes, at least 1
     * @return the number of bytes that the kernel accepted, which may be less than {@code length}; 0 only if this
     *     socket is non-blocking and the send queue is full or too much is in flight
     * @throws LinuxException ENODEV if the route leaves by a device other than the bound one, EPIPE or ECONNRESET if
     *     the peer is gone, ENOBUFS if the limits on locked memory (RLIMIT_MEMLOCK) or on notifications
     *     (net.core.optmem_max) do not allow even a single send
     * @throws IllegalStateException if this socket only receives, is closed, or is closed during the wait
     * @throws IndexOutOfBoundsException if the range is not within the dma-buf
     */
    public long send(long offset, long length) {
        return sender().send(offset, length, blocking);
    }

    /**
     * Sends several pieces of the dma-buf with one system call, in the given order. Otherwise as {@link #send(long,
     * long)}.
     *
     * @param offsets the offset of each piece in the dma-buf
     * @param lengths the size of each piece in bytes
     * @param count the number of pieces, 1 to {@link #MAX_PIECES}
     */
    public long send(long[] offsets, long[] lengths, int count) {
        return sender().send(offsets, lengths, count, blocking);
    }

    /** Reads the available completions, without waiting, and returns the number of sends that they complete. */
    public int complete() {
        return sender().complete();
    }

    /** Waits until all sends have completed; returns false if {@code timeout} elapsed first. */
    public boolean awaitCompletions(Duration timeout) {
        return sender().awaitFree(0, Long.MAX_VALUE, Events.deadlineAfter(timeout));
    }

    /**
     * Waits until no send in flight includes a byte of this range of the dma-buf; returns false if {@code timeout}
     * elapsed first.
     *
     * @param offset the offset of the first byte in the dma-buf
     * @param length the number of bytes; the range may extend past the end of the dma-buf
     * @throws IndexOutOfBoundsException if {@code offset} or {@code length} is negative
     * @throws IllegalStateException if this socket only receives, is closed, or is closed during the wait
     */
    public boolean awaitFree(long offset, long length, Duration timeout) {
        return sender().awaitFree(offset, length, Events.deadlineAfter(timeout));
    }

    /**
     * Returns whether a send in flight includes a byte of this range of the dma-buf.
     *
     * @param offset the offset of the first byte in the dma-buf
     * @param length the number of bytes; the range may extend past the end of the dma-buf
     * @throws IndexOutOfBoundsException if {@code offset} or {@code length} is negative
     */
    public boolean holds(long offset, long length) {
        return sender != null && sender.holdsAny(offset, length);
    }

    /** Returns the number of sends whose completions have not been {@linkplain #complete read}. */
    public int outstanding() {
        return sender == null ? 0 : sender.outstanding();
    }

    /** Returns the number of sends that the kernel has accepted. */
    public long sends() {
        return sender == null ? 0 : sender.sends();
    }

    /** Returns the number of sends whose completions have been {@linkplain #complete read}. */
    public long completed() {
        return sender == null ? 0 : sender.completed();
    }

    /** Returns the number of completed sends whose data the kernel copied, so that they were not zero-copy. */
    public long copied() {
        return sender == null ? 0 : sender.copied();
    }

    /**
     * Returns the number of bytes that have been sent but not yet acknowledged by the peer (SIOCOUTQ of tcp(7)) or,
     * after the connection has ended, the number of bytes that were never acknowledged. Does not wait.
     */
    public int unacknowledged() {
        return use(socket::unacknowledged);
    }

    /** Runs a call that does not wait, and keeps the socket's resources from being freed while it runs. */
    private <T> T use(Supplier<T> call) {
        usage.enter();
        try {
            return call.get();
        } finally {
            usage.leave();
        }
    }

    private void run(Runnable call) {
        usage.enter();
        try {
            call.run();
        } finally {
            usage.leave();
        }
    }

    /**
     * Throws the error that has ended the connection, if any. Each error is thrown only once. Sends also complete when
     * the kernel drops their data, so check for an error before relying on completed sends having been delivered.
     *
     * @throws LinuxException ECONNRESET, EPIPE, ETIMEDOUT and so on
     */
    public void checkConnection() {
        run(socket::checkConnection);
    }

    /**
     * Sets whether closing the socket resets the connection instead of shutting it down gracefully (SO_LINGER of
     * socket(7)); false by default. Also applies when the process exits. After a reset the peer notices that data is
     * missing, and the kernel releases the dma-buf at once instead of delivering the remaining data.
     */
    public void resetOnClose(boolean on) {
        run(() -> socket.linger(on ? 0 : -1));
    }

    /** Shuts down output: the data sent so far is delivered, followed by the end of the stream (shutdown(2)). */
    public void shutdownOutput() {
        run(() -> socket.shutdown(Libc.SHUT_WR()));
    }

    /** As {@link #close(Duration)}, with a timeout of 5 seconds. */
    @Override
    public void close() {
        close(CLOSE_TIMEOUT);
    }

    /**
     * Refuses further sends, waits until all sends have completed, releases all received fragments, and closes the
     * connection. If some sends have not completed after {@code timeout}, resets the connection: their data is lost,
     * and their bytes of the dma-buf may be overwritten once the kernel has completed them, shortly afterwards.
     * Received fragments must no longer be read. Ends the waits of other threads. Idempotent.
     *
     * @return the number of sends that had not completed after {@code timeout}
     */
    public int close(Duration timeout) {
        if (!usage.tryEnter()) {
            return 0;
        }
        try {
            return end(timeout);
        } finally {
            usage.leave();
        }
    }

    private int end(Duration timeout) {
        try {
            return sender == null ? 0 : sender.end(Events.deadlineAfter(timeout));
        } finally {
            try {
                if (sender != null) {
                    sender.abandon(usage);
                }
            } finally {
                usage.close();
                waiter.end();
                if (sender != null) {
                    sender.endSends();
                }
            }
        }
    }

    private void free() {
        try {
            // The kernel would also release them, but only once the peer has closed its side.
            receiver.releaseAll();
        } finally {
            socket.close();
            waiter.close();
            if (sender != null) {
                sender.free();
            }
            arena.close();
        }
    }

    /** Returns the address and port of the peer, such as {@code [2001:db8::1]:80}. */
    @Override
    public String toString() {
        return TcpSocket.text(peer);
    }
}
