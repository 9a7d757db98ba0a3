package dev.qlease.devmem;

import dev.qlease.devmem.loop.NonBlockingSocket;
import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.PollWaiter;
import dev.qlease.linux.sys.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a socket: sendmsg with MSG_ZEROCOPY, the sends in flight, and their completions. Only {@link
 * #await} waits, and releases the lock while it does.
 *
 * <p>This class waits for other threads, such as an event loop's, to read completions; {@link BlockingSender} reads
 * them itself. After {@link #abandon} the {@link Reaper} reads them. Thread-safe.
 */
sealed class ZeroCopySender permits BlockingSender {
    /** Result of a send: the send queue is full. */
    static final long FULL = NonBlockingSocket.FULL;

    /** Result of a send: as much is in flight as the limits allow. */
    static final long LIMITED = NonBlockingSocket.LIMITED;

    private final TcpSocket socket;
    private final InFlight inFlight;
    private final List<TxBinding> bindings = new ArrayList<>(1);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** The waiter of the one thread that polls for completions of this socket; null if there is none. */
    private @Nullable PollWaiter polling;

    private boolean closed;
    private boolean abandoned;
    private boolean finished;
    private List<Runnable> whenFinished = List.of();

    /** Creates a sender with these limits on the sends and pieces in flight, which are powers of two. */
    ZeroCopySender(TcpSocket socket, int sends, int pieces) {
        this.socket = socket;
        this.inFlight = new InFlight(sends, pieces);
    }

    final TcpSocket socket() {
        return socket;
    }

    /** Acquires the lock, to make several calls atomic. */
    final void lock() {
        lock.lock();
    }

    final void unlock() {
        lock.unlock();
    }

    /**
     * Sends with one system call.
     *
     * @param flags flags of sendmsg(2), in addition to MSG_DONTWAIT and MSG_ZEROCOPY
     * @param cookie kept with the send until it has completed
     * @return the number of bytes that the kernel took; or {@link #FULL} or {@link #LIMITED}
     * @throws LinuxException ENOBUFS if the limits do not allow a single send; other errors as sendmsg(2)
     * @throws IllegalStateException if this is closed
     */
    final long send(SendBatch batch, int flags, long cookie) {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException(socket + " is closed");
            }
            TxBinding binding = batch.binding();
            if (binding == null) {
                long result = socket.send(batch.header(), flags);
                return result == -Libc.EAGAIN() ? FULL : LinuxException.check(result, "sendmsg");
            }
            register(binding);
            long result = inFlight.hasRoom(batch.count())
                    ? socket.send(batch.header(), flags | Libc.MSG_ZEROCOPY())
                    : -Libc.ENOBUFS();
            if (result > 0) {
                record(batch, result, cookie);
                return result;
            }
            return refusal(result);
        } finally {
            lock.unlock();
        }
    }

    private long refusal(long result) {
        if (result == -Libc.EAGAIN()) {
            return FULL;
        }
        if (result != -Libc.ENOBUFS()) {
            return LinuxException.check(result, "sendmsg of device memory");
        }
        if (inFlight.outstanding() == 0) {
            throw new LinuxException(
                    "sendmsg of device memory",
                    Errno.ENOBUFS.number(),
                    "the limits do not allow a single send: raise RLIMIT_MEMLOCK or net.core.optmem_max");
        }
        return LIMITED;
    }

    private void register(TxBinding binding) {
        // Compares with the last one first: usually there is only one, and contains() calls equals().
        if (bindings.isEmpty() || (bindings.getLast() != binding && !bindings.contains(binding))) {
            bindings.add(binding);
            binding.add(this);
        }
    }

    private void record(SendBatch batch, long taken, long cookie) {
        inFlight.begin(batch.binding(), cookie);
        long left = taken;
        for (int i = 0; left > 0; i++) {
            inFlight.piece(batch.offset(i), Math.min(left, batch.length(i)));
            left -= batch.length(i);
        }
    }

    /** Reads the available completions; returns how many sends have completed by them. */
    final int drain(CompletionReader reader) {
        lock.lock();
        try {
            int sends = reader.drain(socket, inFlight);
            if (sends > 0) {
                changed.signalAll();
                if (polling != null) {
                    // The completions that it polls for may have been read here.
                    polling.wake();
                }
            }
            return sends;
        } finally {
            lock.unlock();
        }
    }

    /** Reads the available completions if this sender can; does not wait. */
    void refresh() {}

    /** Returns whether a send in flight includes any of these bytes of {@code binding}'s dma-buf. */
    final boolean holds(TxBinding binding, long offset, long length) {
        lock.lock();
        try {
            if (!inFlight.holds(binding, offset, length)) {
                return false;
            }
            refresh();
            return inFlight.holds(binding, offset, length);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until nothing is in flight.
     *
     * @return the number of sends still in flight when {@code deadline} passed
     */
    final int await(long deadline) {
        lock.lock();
        try {
            refresh();
            while (inFlight.outstanding() > 0 && awaitChange(deadline)) {
                refresh();
            }
            return inFlight.outstanding();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Releases the lock and waits until completions have been read or may be available; returns false if {@code
     * deadline} passed. The caller must hold the lock exactly once.
     */
    boolean awaitChange(long deadline) {
        return awaitOthers(deadline);
    }

    /** As {@link #awaitChange}, but waits for other threads to read them. Interrupts do not end the wait. */
    final boolean awaitOthers(long deadline) {
        boolean interrupted = false;
        try {
            while (true) {
                long left = Events.nanosUntil(deadline);
                if (left <= 0) {
                    return false;
                }
                try {
                    return changed.awaitNanos(left) > 0;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Returns whether a thread is already polling for completions. */
    final boolean isPolling() {
        return polling != null;
    }

    /**
     * Records that the calling thread polls for completions from now on, or if {@code waiter} is null that it has
     * stopped, so that another may.
     */
    final void polling(@Nullable PollWaiter waiter) {
        polling = waiter;
        if (waiter == null) {
            changed.signalAll();
        }
    }

    /**
     * Refuses further sends. Sends in flight remain so until their completions are {@linkplain #drain read}.
     * Idempotent.
     */
    final void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends the sends of a socket that is about to be closed. If any are in flight, resets the connection so that the
     * kernel completes them; the {@link Reaper} keeps the socket until it has. Idempotent.
     *
     * @param usage the usage of the socket, which the caller must have entered
     */
    final void abandon(Usage usage) {
        abandon(usage, Duration.ZERO);
    }

    /** As {@link #abandon(Usage)}, but first ends the output, and resets the connection only after {@code timeout}. */
    final void abandon(Usage usage, Duration timeout) {
        close();
        refresh();
        lock.lock();
        try {
            if (abandoned) {
                return;
            }
            abandoned = true;
        } finally {
            lock.unlock();
        }
        if (outstanding() > 0) {
            usage.share();
            boolean now = !timeout.isPositive();
            try {
                if (now) {
                    socket.abort();
                } else {
                    socket.shutdown(Libc.SHUT_WR());
                }
            } finally {
                Reaper.adopt(this, usage::leave, now ? Events.FOREVER : Events.deadlineAfter(timeout));
            }
        } else {
            finish();
        }
    }

    final boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Runs {@code action} when this sender has been closed and nothing is in flight; at once if that is already so. */
    final void whenFinished(Runnable action) {
        lock.lock();
        try {
            if (!finished) {
                List<Runnable> all = new ArrayList<>(whenFinished);
                all.add(action);
                whenFinished = all;
                return;
            }
        } finally {
            lock.unlock();
        }
        action.run();
    }

    /** Unregisters this sender from its bindings, after {@link #close} and when nothing is in flight. */
    final void finish() {
        List<Runnable> actions;
        lock.lock();
        try {
            if (finished) {
                return;
            }
            finished = true;
            actions = whenFinished;
            whenFinished = List.of();
            bindings.forEach(binding -> binding.remove(this));
            bindings.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        actions.forEach(Runnable::run);
    }

    final int outstanding() {
        lock.lock();
        try {
            return inFlight.outstanding();
        } finally {
            lock.unlock();
        }
    }

    /** Returns the cookie of the oldest send in flight; {@code none} if there is none. */
    final long oldestCookie(long none) {
        lock.lock();
        try {
            return inFlight.oldestCookie(none);
        } finally {
            lock.unlock();
        }
    }

    final long sends() {
        lock.lock();
        try {
            return inFlight.sends();
        } finally {
            lock.unlock();
        }
    }

    final long completed() {
        lock.lock();
        try {
            return inFlight.completed();
        } finally {
            lock.unlock();
        }
    }

    final long copied() {
        lock.lock();
        try {
            return inFlight.copied();
        } finally {
            lock.unlock();
        }
    }
}
