package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.Sockets;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/** The half of a {@link DevmemSocket} that sends: sendmsg with MSG_ZEROCOPY, and completions. */
final class Sending implements Sender {
    /** Nanoseconds between two looks at a connection that has ended. */
    private static final long ENDED_PAUSE = 1_000_000;

    private static final int PIECES_IN_FLIGHT = 16384;

    private final FileDescriptor descriptor;
    private final TxBinding binding;
    private final Usage usage;
    private final Waiting waiting;
    private final ReentrantLock lock = new ReentrantLock();
    private final InFlight inFlight = new InFlight(DevmemSocket.MAX_SENDS, PIECES_IN_FLIGHT);
    private final Completions completions;
    private final Pieces pieces;
    private final long[] singleOffset = new long[1];
    private final long[] singleLength = new long[1];

    Sending(FileDescriptor descriptor, Arena arena, TxBinding binding, Usage usage, Waiting waiting) {
        this.descriptor = descriptor;
        this.binding = binding;
        this.usage = usage;
        this.waiting = waiting;
        this.completions = new Completions(arena, inFlight);
        this.pieces = new Pieces(arena, binding, DevmemSocket.MAX_PIECES);
    }

    TxBinding binding() {
        return binding;
    }

    long send(long offset, long length, boolean blocking) {
        lock.lock();
        try {
            singleOffset[0] = offset;
            singleLength[0] = length;
            return send(singleOffset, singleLength, 1, blocking);
        } finally {
            lock.unlock();
        }
    }

    long send(long[] offsets, long[] lengths, int count, boolean blocking) {
        usage.enter();
        lock.lock();
        try {
            pieces.layOut(offsets, lengths, count);
            while (true) {
                long result = inFlight.hasRoom(count)
                        ? Sockets.sendmsg(
                                descriptor.number(), pieces.header(), Libc.MSG_ZEROCOPY() | Libc.MSG_NOSIGNAL())
                        : -Libc.ENOBUFS();
                if (result > 0) {
                    remember(offsets, lengths, result);
                    return result;
                }
                if (result != -Libc.EAGAIN() && result != -Libc.ENOBUFS()) {
                    LinuxException.check(result, "sendmsg of device memory");
                }
                // Completions are taken when something waits for them, not at every send: each look is a system call.
                // Left where they are they would end this wait at once, and they hold what ENOBUFS is about.
                if (completions.drain(descriptor.number()) == 0 && !awaitRoom(result == -Libc.ENOBUFS(), blocking)) {
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

    /**
     * Waits until another send can be tried; false if this is not to wait.
     *
     * @param limits whether what failed are the limits on what is in flight, else the send queue is full
     */
    private boolean awaitRoom(boolean limits, boolean blocking) {
        if (limits && inFlight.outstanding() == 0) {
            throw notEvenOne();
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

    /** What a send fails with that the limits do not allow though no other is in flight. */
    static LinuxException notEvenOne() {
        return new LinuxException(
                "sendmsg of device memory",
                Errno.ENOBUFS.number(),
                "not even one send is allowed: raise RLIMIT_MEMLOCK or net.core.optmem_max");
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

    int complete() {
        usage.enter();
        lock.lock();
        try {
            return completions.drain(descriptor.number());
        } finally {
            lock.unlock();
            usage.leave();
        }
    }

    /** Takes completions, unless somebody else is at it. */
    void completeIfIdle() {
        if (lock.tryLock()) {
            try {
                completions.drain(descriptor.number());
            } finally {
                lock.unlock();
            }
        }
    }

    boolean await(long offset, long length, long deadline) {
        usage.enter();
        lock.lock();
        try {
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

    /** Waits until all sends have completed, if nobody else is waiting. */
    void awaitUnlessBusy(Duration patience) {
        if (lock.tryLock()) {
            try {
                await(0, Long.MAX_VALUE, Events.deadlineAfter(patience));
            } finally {
                lock.unlock();
            }
        }
    }

    boolean holds(long offset, long length) {
        lock.lock();
        try {
            if (inFlight.holds(offset, length) && usage.tryEnter()) {
                try {
                    completions.drain(descriptor.number());
                } finally {
                    usage.leave();
                }
            }
            return inFlight.holds(offset, length);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean holds(TxBinding of, long offset, long length) {
        return holds(offset, length);
    }

    @Override
    public int awaitedOutstanding(Duration patience) {
        if (usage.isOpen()) {
            await(0, Long.MAX_VALUE, Events.deadlineAfter(patience));
        }
        return outstanding();
    }

    int outstanding() {
        lock.lock();
        try {
            return inFlight.outstanding();
        } finally {
            lock.unlock();
        }
    }

    long sends() {
        lock.lock();
        try {
            return inFlight.sends();
        } finally {
            lock.unlock();
        }
    }

    long completed() {
        lock.lock();
        try {
            return completions.completed();
        } finally {
            lock.unlock();
        }
    }

    long copied() {
        lock.lock();
        try {
            return completions.copied();
        } finally {
            lock.unlock();
        }
    }
}
