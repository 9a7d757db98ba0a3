package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.Sockets;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection that sends from a bound dma-buf, receives into bound dma-bufs, or both.
 *
 * <p>Sending is {@code sendmsg} with MSG_ZEROCOPY and one SCM_DEVMEM_DMABUF, and the completions that say when bytes may be
 * written again. Receiving is {@code recvmsg} with MSG_SOCK_DEVMEM, and tokens that give the fragments back; it takes data
 * that never was in device memory as well.
 *
 * <p>Sending, completing, receiving and releasing allocate nothing. Safe for use by many threads: those that send take turns,
 * and so do those that receive. Blocking calls keep the carrier of a virtual thread; closing the socket ends them.
 */
public final class DevmemSocket implements AutoCloseable {
    /** The most pieces of one send; UIO_MAXIOV. */
    public static final int MAX_PIECES = Uapi.UIO_MAXIOV();

    /** The most sends that can be in flight. */
    static final int MAX_SENDS = 4096;

    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    private final FileDescriptor descriptor;
    private final InetSocketAddress peer;
    private final Waiting waiting;
    private final Arena arena;
    private final Usage usage;
    private final Connection connection;
    private final @Nullable Sending sending;
    private final Receiving receiving;
    private volatile boolean blocking = true;

    private DevmemSocket(FileDescriptor descriptor, Arena arena, @Nullable TxBinding binding, InetSocketAddress peer) {
        this.descriptor = descriptor;
        this.peer = peer;
        this.arena = arena;
        this.connection = new Connection(descriptor, arena);
        this.usage = new Usage("devmem socket", this::free);
        this.waiting = new Waiting(descriptor, arena);
        if (binding == null) {
            this.sending = null;
            this.receiving = new Receiving(descriptor, arena, usage, waiting, () -> {});
        } else {
            Sending half = new Sending(descriptor, arena, binding, usage, waiting.another(descriptor, arena));
            this.sending = half;
            this.receiving = new Receiving(descriptor, arena, usage, waiting, half::completeIfIdle);
        }
    }

    /**
     * Opens a connection that sends, and receives.
     *
     * @param namespace where from; null for the calling thread's
     * @param device the device that the binding is of, or its netkit guest: routes over others would be refused at every
     *     send (SO_BINDTODEVICE); null to leave it to the routes
     * @param peer where to
     * @param patience how long to wait for the peer
     * @throws LinuxException ECONNREFUSED, ETIMEDOUT and so on
     */
    public static DevmemSocket connect(
            TxBinding binding,
            @Nullable NetworkNamespace namespace,
            @Nullable String device,
            InetSocketAddress peer,
            Duration patience) {
        return over(Connection.open(namespace, device, null, peer, patience), binding, peer);
    }

    /** The same, from {@code local}, an address and port of the device. */
    public static DevmemSocket connect(
            TxBinding binding,
            @Nullable NetworkNamespace namespace,
            @Nullable String device,
            InetSocketAddress local,
            InetSocketAddress peer,
            Duration patience) {
        return over(Connection.open(namespace, device, local, peer, patience), binding, peer);
    }

    /** Opens a connection that only receives. Else as the other one. */
    public static DevmemSocket connect(
            @Nullable NetworkNamespace namespace, @Nullable String device, InetSocketAddress peer, Duration patience) {
        return over(Connection.open(namespace, device, null, peer, patience), null, peer);
    }

    /** Takes over a connection that was accepted. */
    static DevmemSocket accepted(int fd, @Nullable TxBinding binding, InetSocketAddress peer) {
        FileDescriptor descriptor = FileDescriptor.owning(fd, "connection from " + Connection.text(peer));
        if (binding != null) {
            try {
                Connection.zeroCopy(fd);
            } catch (RuntimeException e) {
                descriptor.close();
                throw e;
            }
        }
        return over(descriptor, binding, peer);
    }

    @SuppressWarnings("MustBeClosedChecker") // free() closes the arena
    private static DevmemSocket over(FileDescriptor descriptor, @Nullable TxBinding binding, InetSocketAddress peer) {
        Arena arena = Arena.ofShared();
        try {
            DevmemSocket socket = new DevmemSocket(descriptor, arena, binding, peer);
            if (binding != null) {
                binding.add(socket.sending());
            }
            return socket;
        } catch (RuntimeException e) {
            descriptor.close();
            arena.close();
            throw e;
        }
    }

    /**
     * Whether {@link #send} waits for room and {@link #receive(Received)} for data; if not, they answer 0 when there is none.
     * They wait unless told otherwise.
     */
    public void blocking(boolean on) {
        blocking = on;
    }

    private Sending sending() {
        if (sending == null) {
            throw new IllegalStateException(
                    "the connection with " + this + " was opened without a binding to send from");
        }
        return sending;
    }

    /**
     * The binding that it sends from.
     *
     * @throws IllegalStateException if it only receives
     */
    public TxBinding binding() {
        return sending().binding();
    }

    /**
     * The socket, for polling it: POLLIN for data, POLLOUT for room, POLLERR for completions. It goes on belonging to this.
     */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /**
     * Receives what has come, with one system call: in device memory, where the queue that it came by is bound to some, and
     * in ordinary memory. What {@code into} held is released first.
     *
     * @return how many bytes; 0 only if this does not block and nothing is there; -1 at the end of the stream
     * @throws LinuxException ECONNRESET and so on, if the connection has failed
     * @throws IllegalStateException if the socket is closed, before or meanwhile
     */
    public long receive(Received into) {
        return receiving.receive(into, blocking ? Events.FOREVER : Receiving.NOW);
    }

    /**
     * As {@link #receive(Received)}, but waits as long as {@code patience}, whether this blocks or not; 0 if that was over
     * before something came.
     */
    public long receive(Received into, Duration patience) {
        return receiving.receive(into, Events.deadlineAfter(patience));
    }

    /**
     * Gives a fragment back that was {@linkplain Received#keep kept}: its memory is the device's again. Does nothing if the
     * socket is closed, which gave it back. Does not wait for who receives.
     *
     * @throws IllegalArgumentException if no such fragment is out
     */
    public void release(int token) {
        receiving.giveBack(token);
    }

    /**
     * Gives several fragments back that were {@linkplain Received#keep kept}, with as few system calls as the kernel allows:
     * one for up to 1,024 of them in up to 128 runs of neighbours. As {@link #release(int)}.
     *
     * @param count how many of {@code tokens} count, from the first
     */
    public void release(int[] tokens, int count) {
        receiving.giveBackKept(tokens, Objects.checkFromIndexSize(0, count, tokens.length) + count);
    }

    /** How many fragments in dma-bufs have come and not gone back: so much less the device has to receive into. */
    public int unreleased() {
        return receiving.outstanding();
    }

    /** What was received so far. */
    public ReceiveCounts received() {
        return receiving.counts();
    }

    /**
     * Sends bytes of the dma-buf. They are not to be changed until they have completed.
     *
     * @param offset where they begin
     * @param length how many, at least 1
     * @return how many the kernel took, which may be fewer; 0 only if this does not block and there is no room
     * @throws LinuxException ENODEV if the route leaves by another device than the bound one, EPIPE or ECONNRESET if the
     *     peer is gone, ENOBUFS if the limits on locked memory (RLIMIT_MEMLOCK) or notifications (net.core.optmem_max) do not
     *     allow a single send
     * @throws IllegalStateException if it only receives
     * @throws IndexOutOfBoundsException if the dma-buf does not have these bytes
     */
    public long send(long offset, long length) {
        return sending().send(offset, length, blocking);
    }

    /**
     * Sends several pieces of the dma-buf with one system call, in their order. As {@link #send(long, long)}.
     *
     * @param offsets where each begins
     * @param lengths how many bytes each has
     * @param count how many pieces, at most {@link #MAX_PIECES}
     */
    public long send(long[] offsets, long[] lengths, int count) {
        if (count < 1 || count > MAX_PIECES) {
            throw new IllegalArgumentException("a send has 1 to " + MAX_PIECES + " pieces, not " + count);
        }
        return sending().send(offsets, lengths, count, blocking);
    }

    /** Takes the completions that have come, without waiting; answers how many sends they are of. */
    public int complete() {
        return sending().complete();
    }

    /** Waits until all sends have completed; false if {@code patience} was over before. */
    public boolean awaitCompletions(Duration patience) {
        return sending().await(0, Long.MAX_VALUE, Events.deadlineAfter(patience));
    }

    /**
     * Waits until no send that has not completed holds any of these bytes of the dma-buf; false if {@code patience} was over
     * before.
     */
    public boolean awaitFree(long offset, long length, Duration patience) {
        return sending().await(offset, length, Events.deadlineAfter(patience));
    }

    /** As long as it takes, and without allocating anything. */
    void awaitFree(long offset, long length) {
        sending().await(offset, length, Events.FOREVER);
    }

    /** Whether a send that has not completed holds any of these bytes of the dma-buf. */
    public boolean holds(long offset, long length) {
        return sending != null && sending.holds(offset, length);
    }

    /** How many sends have not completed, as far as that was waited for or {@linkplain #complete taken}. */
    public int outstanding() {
        return sending == null ? 0 : sending.outstanding();
    }

    /** How many sends the kernel has taken. */
    public long sends() {
        return sending == null ? 0 : sending.sends();
    }

    /** How many sends have completed, as far as that was waited for or {@linkplain #complete taken}. */
    public long completed() {
        return sending == null ? 0 : sending.completed();
    }

    /** How many of the completed sends the kernel copied: for these nothing was saved. */
    public long copied() {
        return sending == null ? 0 : sending.copied();
    }

    /**
     * How many bytes were sent that the peer has not acknowledged; SIOCOUTQ of tcp(7). Of a connection that has ended, how
     * many it never did. Does not wait for who sends.
     */
    public int unacknowledged() {
        usage.enter();
        try {
            return connection.unacknowledged();
        } finally {
            usage.leave();
        }
    }

    /**
     * Takes the error that has ended the connection, if one has. Sends that the kernel gave up for it have completed like
     * others: this tells them apart.
     *
     * @throws LinuxException ECONNRESET, EPIPE, ETIMEDOUT and so on; the next call does not
     */
    public void checkConnection() {
        usage.enter();
        try {
            connection.check();
        } finally {
            usage.leave();
        }
    }

    /**
     * Whether closing, be it by the end of the process, resets the connection instead of ending it (SO_LINGER of
     * socket(7)): the peer learns that something is missing, and the kernel lets go of the dma-buf at once instead of
     * delivering what is left. It does not unless told so.
     */
    public void resetOnClose(boolean on) {
        usage.enter();
        try {
            connection.resetOnClose(on);
        } finally {
            usage.leave();
        }
    }

    /** Says that nothing more will be sent; shutdown(2). */
    public void shutdownOutput() {
        usage.enter();
        try {
            LinuxException.check(Sockets.shutdown(descriptor.number(), Libc.SHUT_WR()), "shutdown");
        } finally {
            usage.leave();
        }
    }

    /**
     * Waits, at most 5 seconds, until all sends have completed, gives back what was received, and closes the connection. The
     * bytes of sends that have not completed then can't be written through the binding any more, since nobody will learn when
     * the kernel is done; received fragments must not be read any more.
     */
    @Override
    public void close() {
        close(CLOSE_PATIENCE);
    }

    /**
     * As {@link #close()}, waiting as long as {@code patience}. Ends all other waiting. Does nothing again.
     *
     * @return how many sends had not completed
     */
    public int close(Duration patience) {
        if (usage.tryEnter()) {
            try {
                if (sending != null) {
                    // A thread that waits in a send is woken, not waited for.
                    sending.awaitUnlessBusy(patience);
                }
                waiting.wake();
            } finally {
                usage.close();
                usage.leave();
            }
        }
        int left = outstanding();
        if (left == 0 && sending != null) {
            sending.binding().remove(sending);
        }
        return left;
    }

    private void free() {
        try {
            // The kernel would do it as well, but only when the peer has agreed to the end.
            receiving.giveBackAll();
        } finally {
            descriptor.close();
            waiting.close();
            arena.close();
        }
    }

    /** The peer, such as {@code [2001:db8::1]:80}. */
    @Override
    public String toString() {
        return Connection.text(peer);
    }
}
