package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.Sockets;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection that sends from a bound dma-buf: {@code sendmsg} with MSG_ZEROCOPY and one SCM_DEVMEM_DMABUF, and the
 * completions that say when bytes may be written again.
 *
 * <p>Sending and completing allocate nothing. Safe for use by many threads, which take turns. Blocking calls keep the
 * carrier of a virtual thread; closing the socket ends them.
 */
public final class DevmemSocket implements AutoCloseable {
    /** The most pieces of one send; UIO_MAXIOV. */
    public static final int MAX_PIECES = Uapi.UIO_MAXIOV();

    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    /** Nanoseconds between two looks at a connection that has ended. */
    private static final long ENDED_PAUSE = 1_000_000;

    /** The most sends that can be in flight. */
    static final int MAX_SENDS = 4096;

    private static final int PIECES_IN_FLIGHT = 16384;

    private final FileDescriptor descriptor;
    private final InetSocketAddress peer;
    private final Waiting waiting;
    private final Arena arena;
    private final Usage usage;
    private final Connection connection;
    private final TxBinding binding;
    private final ReentrantLock lock = new ReentrantLock();
    private final InFlight inFlight = new InFlight(MAX_SENDS, PIECES_IN_FLIGHT);
    private final Completions completions;
    private final Pieces pieces;
    private final long[] singleOffset = new long[1];
    private final long[] singleLength = new long[1];
    private volatile boolean blocking = true;

    private DevmemSocket(FileDescriptor descriptor, Arena arena, TxBinding binding, InetSocketAddress peer) {
        this.descriptor = descriptor;
        this.peer = peer;
        this.arena = arena;
        this.connection = new Connection(descriptor, arena);
        this.binding = binding;
        this.usage = new Usage("devmem socket", this::free);
        this.completions = new Completions(arena, inFlight);
        this.pieces = new Pieces(arena, binding, MAX_PIECES);
        this.waiting = new Waiting(descriptor, arena);
    }

    /**
     * Opens a connection.
     *
     * @param namespace where from; null for the calling thread's
     * @param device the device that the binding is of, or its netkit guest: routes over others would be refused at every
     *     send (SO_BINDTODEVICE); null to leave it to the routes
     * @param peer where to
     * @param patience how long to wait for the peer
     * @throws LinuxException ECONNREFUSED, ETIMEDOUT and so on
     */
    @SuppressWarnings("MustBeClosedChecker") // free() closes the arena
    public static DevmemSocket connect(
            TxBinding binding,
            @Nullable NetworkNamespace namespace,
            @Nullable String device,
            InetSocketAddress peer,
            Duration patience) {
        FileDescriptor descriptor = Connection.open(namespace, device, peer, patience);
        Arena arena = Arena.ofShared();
        try {
            DevmemSocket socket = new DevmemSocket(descriptor, arena, binding, peer);
            binding.add(socket);
            return socket;
        } catch (RuntimeException e) {
            descriptor.close();
            arena.close();
            throw e;
        }
    }

    /** Whether {@link #send} waits for room; if not, it answers 0 when there is none. It waits unless told otherwise. */
    public void blocking(boolean on) {
        blocking = on;
    }

    /** The binding that it sends from. */
    public TxBinding binding() {
        return binding;
    }

    /** The socket, for polling it: POLLOUT for room, POLLERR for completions. It goes on belonging to this. */
    public FileDescriptor descriptor() {
        return descriptor;
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
     * @throws IndexOutOfBoundsException if the dma-buf does not have these bytes
     */
    public long send(long offset, long length) {
        lock.lock();
        try {
            singleOffset[0] = offset;
            singleLength[0] = length;
            return send(singleOffset, singleLength, 1);
        } finally {
            lock.unlock();
        }
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
        usage.enter();
        lock.lock();
        try {
            pieces.layOut(offsets, lengths, count);
            while (true) {
                completions.drain(descriptor.number());
                long result = inFlight.hasRoom(count)
                        ? Sockets.sendmsg(
                                descriptor.number(), pieces.header(), Libc.MSG_ZEROCOPY() | Libc.MSG_NOSIGNAL())
                        : -Libc.ENOBUFS();
                if (result > 0) {
                    remember(offsets, lengths, result);
                    return result;
                }
                if (!awaitRoom(result)) {
                    return 0;
                }
            }
        } finally {
            lock.unlock();
            usage.leave();
        }
    }

    private void remember(long[] offsets, long[] lengths, long taken) {
        inFlight.begin();
        long left = taken;
        for (int i = 0; left > 0; i++) {
            inFlight.piece(offsets[i], Math.min(left, lengths[i]));
            left -= lengths[i];
        }
    }

    /** After a send that failed with {@code result}: waits until another can be tried; false if that is not to wait. */
    private boolean awaitRoom(long result) {
        boolean limits = result == -Libc.ENOBUFS();
        if (result != -Libc.EAGAIN() && !limits) {
            LinuxException.check(result, "sendmsg of device memory");
        }
        if (limits && inFlight.outstanding() == 0) {
            throw new LinuxException(
                    "sendmsg of device memory",
                    Errno.ENOBUFS.number(),
                    "not even one send is allowed: raise RLIMIT_MEMLOCK or net.core.optmem_max");
        }
        if (!blocking) {
            return false;
        }
        if (limits) {
            awaitCompletion(Events.FOREVER);
        } else {
            poll(Libc.POLLOUT(), Events.FOREVER);
        }
        return true;
    }

    /**
     * Takes completions, waiting for one if none is there; false if {@code deadline} was over before. Guarded by the lock.
     */
    private boolean awaitCompletion(long deadline) {
        if (completions.drain(descriptor.number()) > 0) {
            return true;
        }
        if (!poll(0, deadline)) {
            return false;
        }
        if (completions.drain(descriptor.number()) == 0) {
            // A connection that has ended, while the device still reads, is reported at once and for ever.
            waiting.pause(Math.min(deadline, System.nanoTime() + ENDED_PAUSE));
            checkOpen();
        }
        return true;
    }

    private boolean poll(int events, long deadline) {
        boolean ready = waiting.poll(events, deadline);
        checkOpen();
        return ready;
    }

    private void checkOpen() {
        if (!usage.isOpen()) {
            throw new IllegalStateException("devmem socket was closed while it was waited for");
        }
    }

    /** Takes the completions that have come, without waiting; answers how many sends they are of. */
    public int complete() {
        usage.enter();
        lock.lock();
        try {
            return completions.drain(descriptor.number());
        } finally {
            lock.unlock();
            usage.leave();
        }
    }

    /** Waits until all sends have completed; false if {@code patience} was over before. */
    public boolean awaitCompletions(Duration patience) {
        return await(0, Long.MAX_VALUE, Events.deadlineAfter(patience));
    }

    /**
     * Waits until no send that has not completed holds any of these bytes of the dma-buf; false if {@code patience} was over
     * before.
     */
    public boolean awaitFree(long offset, long length, Duration patience) {
        return await(offset, length, Events.deadlineAfter(patience));
    }

    /** As long as it takes, and without allocating anything. */
    void awaitFree(long offset, long length) {
        await(offset, length, Events.FOREVER);
    }

    private boolean await(long offset, long length, long deadline) {
        usage.enter();
        lock.lock();
        try {
            completions.drain(descriptor.number());
            while (inFlight.holds(offset, length)) {
                if (!awaitCompletion(deadline)) {
                    return false;
                }
            }
            return true;
        } finally {
            lock.unlock();
            usage.leave();
        }
    }

    /** How many sends have not completed after waiting for them; of a closed socket, without waiting. */
    int awaitedOutstanding(Duration patience) {
        if (usage.isOpen()) {
            awaitCompletions(patience);
        }
        return outstanding();
    }

    /** Whether a send that has not completed holds any of these bytes of the dma-buf. */
    public boolean holds(long offset, long length) {
        lock.lock();
        try {
            return inFlight.holds(offset, length);
        } finally {
            lock.unlock();
        }
    }

    /** How many sends have not completed. */
    public int outstanding() {
        lock.lock();
        try {
            return inFlight.outstanding();
        } finally {
            lock.unlock();
        }
    }

    /** How many sends the kernel has taken. */
    public long sends() {
        lock.lock();
        try {
            return inFlight.sends();
        } finally {
            lock.unlock();
        }
    }

    /** How many sends have completed. */
    public long completed() {
        lock.lock();
        try {
            return completions.completed();
        } finally {
            lock.unlock();
        }
    }

    /** How many of the completed sends the kernel copied: for these nothing was saved. */
    public long copied() {
        lock.lock();
        try {
            return completions.copied();
        } finally {
            lock.unlock();
        }
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
     * Waits, at most 5 seconds, until all sends have completed, and closes the connection. The bytes of sends that have not
     * completed then can't be written through the binding any more, since nobody will learn when the kernel is done.
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
        if (usage.isOpen()) {
            // A thread that waits in a send has the lock: it is woken, not waited for.
            if (lock.tryLock()) {
                try {
                    awaitCompletions(patience);
                } finally {
                    lock.unlock();
                }
            }
            waiting.wake();
            usage.close();
        }
        int left = outstanding();
        if (left == 0) {
            binding.remove(this);
        }
        return left;
    }

    private void free() {
        descriptor.close();
        waiting.close();
        arena.close();
    }

    /** Where to, such as {@code [2001:db8::1]:80}. */
    @Override
    public String toString() {
        return Connection.text(peer);
    }
}
