package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.PollWaiter;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.SegmentAllocator;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half of a socket: recvmsg with MSG_SOCK_DEVMEM, and returning fragments by their tokens. The lock is
 * not held during a wait: fragments can be released while a thread waits, since the device may need their memory for
 * the data. Thread-safe.
 */
final class DevmemReceiver {
    /** A deadline that means not to wait. */
    static final long NOW = Long.MIN_VALUE;

    /** Nanoseconds between two polls of a socket that reports something other than data. */
    private static final long PAUSE = 1_000_000;

    private final TcpSocket socket;
    private final Usage usage;
    private final @Nullable PollWaiter waiter;
    private final @Nullable ZeroCopySender sender;
    private final ReentrantLock lock = new ReentrantLock();
    private final Tokens tokens;
    private final int[] single = new int[1];
    private long receives;
    private long deviceBytes;
    private long linearBytes;

    /**
     * Creates the receiving half of {@code socket}.
     *
     * @param memory allocates memory that lives as long as the socket
     * @param usage the usage of the socket
     * @param waiter null for a receiver that never waits
     * @param sender the sending half, which reads completions that would otherwise end each wait at once; null if there
     *     is none
     */
    DevmemReceiver(
            TcpSocket socket,
            SegmentAllocator memory,
            Usage usage,
            @Nullable PollWaiter waiter,
            @Nullable ZeroCopySender sender) {
        this.socket = socket;
        this.usage = usage;
        this.waiter = waiter;
        this.sender = sender;
        this.tokens = new Tokens(memory, socket::dontNeed);
    }

    /** As {@link DevmemSocket#receive(ReceiveBatch)}, waiting until {@code deadline}. */
    long receive(ReceiveBatch into, long deadline) {
        DevmemReceiver previous = into.source();
        if (previous != null) {
            previous.release(into);
        }
        into.empty();
        usage.enter();
        try {
            while (true) {
                long result = receiveNow(into);
                if (result != -Libc.EAGAIN()) {
                    return LinuxException.check(result, "recvmsg of device memory") == 0 ? -1 : result;
                }
                if (deadline == NOW || waiter == null || !await(waiter, deadline)) {
                    return 0;
                }
            }
        } finally {
            usage.leave();
        }
    }

    private long receiveNow(ReceiveBatch into) {
        lock.lock();
        try {
            long result = socket.receive(into.header());
            if (result > 0) {
                try {
                    into.fill(result, this);
                } finally {
                    // Also if the batch turns out to be incomplete: the socket holds its fragments.
                    tokens.add(into.tokens(), into.count());
                }
                receives++;
                deviceBytes += into.deviceBytes();
                linearBytes += into.linearBytes();
            }
            return result;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for data; returns false if {@code deadline} passed before that. */
    private boolean await(PollWaiter forData, long deadline) {
        int events = forData.poll(Libc.POLLIN(), deadline);
        checkOpen();
        if (events != 0 && (events & Libc.POLLIN()) == 0) {
            if (sender != null) {
                sender.refresh();
            }
            forData.pause(Math.min(deadline, System.nanoTime() + PAUSE));
            checkOpen();
        }
        return events != 0;
    }

    private void checkOpen() {
        if (!usage.isOpen()) {
            throw new IllegalStateException(socket + " was closed during the wait");
        }
    }

    /**
     * Releases the fragments of a batch that this receiver filled, except those that were kept. Has no effect if the
     * socket is closed.
     */
    void release(ReceiveBatch batch) {
        if (batch.source() != this) {
            return;
        }
        batch.released();
        if (!usage.tryEnter()) {
            return;
        }
        lock.lock();
        try {
            tokens.giveBack(batch.tokens(), batch.count());
        } finally {
            lock.unlock();
            usage.leave();
        }
    }

    /** Releases a fragment that the socket holds. Has no effect if the socket is closed. */
    void release(int token) {
        if (!usage.tryEnter()) {
            return;
        }
        lock.lock();
        try {
            single[0] = token;
            checkOut(single, 1);
            tokens.giveBack(single, 1);
        } finally {
            lock.unlock();
            usage.leave();
        }
    }

    /** Releases fragments that the socket holds. Has no effect if the socket is closed. */
    void release(int[] those, int count) {
        if (!usage.tryEnter()) {
            return;
        }
        lock.lock();
        try {
            checkOut(those, count);
            tokens.giveBack(those, count);
        } finally {
            lock.unlock();
            usage.leave();
        }
    }

    /** Keeps a fragment of a batch, and with it a use of the socket until the fragment is released. */
    int keep(ReceiveBatch from, int index) {
        int token = from.keep(index);
        usage.share();
        return token;
    }

    /**
     * Releases fragments that were {@linkplain #keep kept}, and their uses of the socket, also if the socket is closed.
     */
    void releaseKept(int[] those, int count) {
        int released = 0;
        lock.lock();
        try {
            checkOut(those, count);
            long before = tokens.returned();
            try {
                tokens.giveBack(those, count);
            } finally {
                released = (int) (tokens.returned() - before);
            }
        } finally {
            lock.unlock();
            for (int i = 0; i < released; i++) {
                usage.leave();
            }
        }
    }

    private void checkOut(int[] those, int count) {
        for (int i = 0; i < count; i++) {
            if (those[i] < 0 || !tokens.isOut(those[i])) {
                throw new IllegalArgumentException("the socket holds no fragment with token " + those[i]);
            }
        }
    }

    /** Releases all fragments that the socket holds, before it is closed. */
    void releaseAll() {
        lock.lock();
        try {
            tokens.giveBackAll();
        } finally {
            lock.unlock();
        }
    }

    int outstanding() {
        lock.lock();
        try {
            return tokens.outstanding();
        } finally {
            lock.unlock();
        }
    }

    ReceiveCounts counts() {
        lock.lock();
        try {
            return new ReceiveCounts(
                    deviceBytes,
                    linearBytes,
                    receives,
                    tokens.returned() + tokens.outstanding(),
                    tokens.returned(),
                    tokens.calls());
        } finally {
            lock.unlock();
        }
    }
}
