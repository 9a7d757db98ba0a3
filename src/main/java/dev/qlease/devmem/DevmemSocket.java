package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.iovec;
import dev.qlease.ffi.libc.msghdr;
import dev.qlease.ffi.libc.pollfd;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.ControlMessages;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.SocketAddresses;
import dev.qlease.linux.sys.SocketMessage;
import dev.qlease.linux.sys.Sockets;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
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
    private static final int MAX_SENDS = 4096;
    private static final int PIECES_IN_FLIGHT = 16384;

    private final FileDescriptor descriptor;
    private final FileDescriptor wakeup;
    private final Arena arena;
    private final Usage usage;
    private final TxBinding binding;
    private final ReentrantLock lock = new ReentrantLock();
    private final InFlight inFlight = new InFlight(MAX_SENDS, PIECES_IN_FLIGHT);
    private final Completions completions;
    private final SocketMessage message;
    private final MemorySegment iovecs;

    /** The socket, and what wakes who waits for it. */
    private final MemorySegment polled;

    private final long[] singleOffset = new long[1];
    private final long[] singleLength = new long[1];
    private volatile boolean blocking = true;

    private DevmemSocket(FileDescriptor descriptor, FileDescriptor wakeup, Arena arena, TxBinding binding) {
        this.descriptor = descriptor;
        this.wakeup = wakeup;
        this.arena = arena;
        this.binding = binding;
        this.usage = new Usage("devmem socket", this::free);
        this.completions = new Completions(arena, inFlight);
        this.message = new SocketMessage(arena, 0, MAX_PIECES, ControlMessages.space(Integer.BYTES));
        this.iovecs = msghdr.msg_iov(message.header()).reinterpret(MAX_PIECES * iovec.sizeof());
        ControlMessages control = new ControlMessages().rewind(message.control());
        message.controlLength(control.append(Libc.SOL_SOCKET(), Libc.SCM_DEVMEM_DMABUF(), Integer.BYTES));
        control.data().set(ValueLayout.JAVA_INT, 0, binding.id());
        this.polled = pollfd.allocateArray(2, arena);
        pollfd.fd(polled, descriptor.number());
        MemorySegment second = pollfd.asSlice(polled, 1);
        pollfd.fd(second, wakeup.number());
        pollfd.events(second, (short) Libc.POLLIN());
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
        Supplier<FileDescriptor> opening = () -> FileDescriptor.owning(
                LinuxException.check(
                        Sockets.socket(
                                SocketAddresses.domain(peer),
                                Libc.SOCK_STREAM() | Libc.SOCK_CLOEXEC() | Libc.SOCK_NONBLOCK(),
                                0),
                        "open a socket"),
                "connection to " + peer);
        FileDescriptor descriptor = namespace == null ? opening.get() : namespace.run(opening);
        FileDescriptor wakeup = null;
        Arena arena = Arena.ofShared();
        try {
            wakeup = FileDescriptor.owning(
                    LinuxException.check(Files.eventfd(0, Libc.EFD_CLOEXEC()), "eventfd"), "eventfd");
            prepare(descriptor.number(), device);
            connect(descriptor.number(), peer, patience);
            DevmemSocket socket = new DevmemSocket(descriptor, wakeup, arena, binding);
            binding.add(socket);
            return socket;
        } catch (RuntimeException e) {
            descriptor.close();
            if (wakeup != null) {
                wakeup.close();
            }
            arena.close();
            throw e;
        }
    }

    private static void prepare(int fd, @Nullable String device) {
        LinuxException.check(
                Sockets.setsockopt(fd, Libc.SOL_SOCKET(), Libc.SO_ZEROCOPY(), 1), "setsockopt SO_ZEROCOPY");
        if (device != null) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment name = arena.allocateFrom(device);
                LinuxException.check(
                        Sockets.setsockopt(fd, Libc.SOL_SOCKET(), Libc.SO_BINDTODEVICE(), name, (int) name.byteSize()),
                        "setsockopt SO_BINDTODEVICE " + device);
            }
        }
    }

    private static void connect(int fd, InetSocketAddress peer, Duration patience) {
        String operation = "connect to " + peer;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = SocketAddresses.encode(peer, arena);
            int result = Sockets.connect(fd, address, (int) address.byteSize());
            if (result == -Libc.EINPROGRESS() || result == -Libc.EINTR()) {
                MemorySegment polled = pollfd.allocate(arena);
                pollfd.fd(polled, fd);
                pollfd.events(polled, (short) Libc.POLLOUT());
                long deadline = System.nanoTime() + patience.toNanos();
                if (LinuxException.check(Events.poll(polled, 1, deadline), operation) == 0) {
                    throw new LinuxException(operation, Errno.ETIMEDOUT.number());
                }
                result = -LinuxException.check(
                        Sockets.getsockopt(fd, Libc.SOL_SOCKET(), Libc.SO_ERROR()), "getsockopt SO_ERROR");
            }
            LinuxException.check(result, operation);
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
            layOut(offsets, lengths, count);
            while (true) {
                completions.drain(descriptor.number());
                long result = inFlight.hasRoom(count)
                        ? Sockets.sendmsg(
                                descriptor.number(), message.header(), Libc.MSG_ZEROCOPY() | Libc.MSG_NOSIGNAL())
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

    private void layOut(long[] offsets, long[] lengths, int count) {
        for (int i = 0; i < count; i++) {
            if (lengths[i] <= 0
                    || offsets[i] < 0
                    || offsets[i] > binding.dmaBuf().size() - lengths[i]) {
                throw new IndexOutOfBoundsException("the dma-buf has "
                        + binding.dmaBuf().size() + " bytes, not " + lengths[i] + " from " + offsets[i]);
            }
            iovecs.set(ValueLayout.JAVA_LONG, i * iovec.sizeof() + iovec.iov_base$offset(), offsets[i]);
            iovecs.set(ValueLayout.JAVA_LONG, i * iovec.sizeof() + iovec.iov_len$offset(), lengths[i]);
        }
        msghdr.msg_iovlen(message.header(), count);
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
        poll(limits ? 0 : Libc.POLLOUT(), Events.FOREVER);
        return true;
    }

    /** Waits for {@code events}, an error, completions among them, or closing. Guarded by the lock. */
    private boolean poll(int events, long deadline) {
        pollfd.events(polled, (short) events);
        boolean ready = LinuxException.check(Events.poll(polled, 2, deadline), "poll of a devmem socket") > 0;
        if (!usage.isOpen()) {
            throw new IllegalStateException("devmem socket was closed while it was waited for");
        }
        return ready;
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
        long deadline = System.nanoTime() + patience.toNanos();
        usage.enter();
        lock.lock();
        try {
            completions.drain(descriptor.number());
            while (inFlight.outstanding() > 0) {
                if (!poll(0, deadline)) {
                    return false;
                }
                completions.drain(descriptor.number());
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
            wake();
            usage.close();
        }
        int left = outstanding();
        if (left == 0) {
            binding.remove(this);
        }
        return left;
    }

    private void wake() {
        try (Arena local = Arena.ofConfined()) {
            LinuxException.check(
                    Files.write(wakeup.number(), local.allocateFrom(Libc.C_LONG, 1L), Long.BYTES),
                    "write of an eventfd");
        }
    }

    private void free() {
        descriptor.close();
        wakeup.close();
        arena.close();
    }
}
