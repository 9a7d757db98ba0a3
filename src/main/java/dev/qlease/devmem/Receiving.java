package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.dmabuf_token;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Sockets;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The half of a {@link DevmemSocket} that receives: recvmsg with MSG_SOCK_DEVMEM, and tokens that go back.
 *
 * <p>Who waits for data holds one lock, who touches tokens another: fragments can be released while somebody waits, since it
 * may be their memory that the data is waiting for.
 */
final class Receiving {
    /** As a deadline: do not wait at all. */
    static final long NOW = Long.MIN_VALUE;

    /** linux/socket.h of the kernel, which is in no uapi header. */
    private static final int MSG_SOCK_DEVMEM = 0x2000000;

    /** Nanoseconds between two looks at a socket that has something other to tell than data. */
    private static final long PAUSE = 1_000_000;

    private final FileDescriptor descriptor;
    private final Usage usage;
    private final @Nullable Waiting waiting;
    private final Runnable takeCompletions;
    private final ReentrantLock receivers = new ReentrantLock();
    private final ReentrantLock guard = new ReentrantLock();
    private final Tokens tokens;
    private final int[] single = new int[1];
    private long receives;
    private long deviceBytes;
    private long linearBytes;

    /**
     * The receiving half of {@code descriptor}.
     *
     * @param usage the socket's
     * @param waiting null for one that never waits
     * @param takeCompletions takes what the error queue has for the sending half, which else would wake who waits for data
     */
    Receiving(
            FileDescriptor descriptor,
            SegmentAllocator memory,
            Usage usage,
            @Nullable Waiting waiting,
            Runnable takeCompletions) {
        this.descriptor = descriptor;
        this.usage = usage;
        this.waiting = waiting;
        this.takeCompletions = takeCompletions;
        this.tokens = new Tokens(memory, this::dontNeed);
    }

    private int dontNeed(MemorySegment ranges, int count) {
        return LinuxException.check(
                Sockets.setsockopt(
                        descriptor.number(),
                        Libc.SOL_SOCKET(),
                        Libc.SO_DEVMEM_DONTNEED(),
                        ranges,
                        count * (int) dmabuf_token.sizeof()),
                "setsockopt SO_DEVMEM_DONTNEED");
    }

    /** As {@link DevmemSocket#receive(Received)}, waiting until {@code deadline}. */
    long receive(Received into, long deadline) {
        into.empty();
        usage.enter();
        receivers.lock();
        try {
            while (true) {
                long result = receive(into);
                if (result != -Libc.EAGAIN()) {
                    return LinuxException.check(result, "recvmsg of device memory") == 0 ? -1 : result;
                }
                if (deadline == NOW || !await(deadline)) {
                    return 0;
                }
            }
        } finally {
            receivers.unlock();
            usage.leave();
        }
    }

    private long receive(Received into) {
        guard.lock();
        try {
            long result = Sockets.recvmsg(descriptor.number(), into.header(), Libc.MSG_DONTWAIT() | MSG_SOCK_DEVMEM);
            if (result > 0) {
                into.fill(result, this, tokens);
                receives++;
                deviceBytes += into.deviceBytes();
                linearBytes += into.linearBytes();
            }
            return result;
        } finally {
            guard.unlock();
        }
    }

    /** Waits for data; false if {@code deadline} was over before. */
    private boolean await(long deadline) {
        Waiting forData = Objects.requireNonNull(waiting);
        boolean ready = forData.poll(Libc.POLLIN(), deadline);
        checkOpen();
        if (ready && !forData.has(Libc.POLLIN())) {
            takeCompletions.run();
            forData.pause(Math.min(deadline, System.nanoTime() + PAUSE));
            checkOpen();
        }
        return ready;
    }

    private void checkOpen() {
        if (!usage.isOpen()) {
            throw new IllegalStateException("devmem socket was closed while it was waited for");
        }
    }

    /** Gives tokens back, unless the socket is closed. */
    void giveBack(int[] those, int count) {
        if (!usage.tryEnter()) {
            return;
        }
        guard.lock();
        try {
            tokens.giveBack(those, count);
        } finally {
            guard.unlock();
            usage.leave();
        }
    }

    /** Gives back one token that must be out. */
    void giveBack(int token) {
        if (!usage.tryEnter()) {
            return;
        }
        guard.lock();
        try {
            check(token);
            single[0] = token;
            tokens.giveBack(single, 1);
        } finally {
            guard.unlock();
            usage.leave();
        }
    }

    /** Gives back tokens that must all be out. */
    void giveBackKept(int[] those, int count) {
        if (!usage.tryEnter()) {
            return;
        }
        guard.lock();
        try {
            for (int i = 0; i < count; i++) {
                check(those[i]);
            }
            tokens.giveBack(those, count);
        } finally {
            guard.unlock();
            usage.leave();
        }
    }

    private void check(int token) {
        if (token < 0 || !tokens.isOut(token)) {
            throw new IllegalArgumentException("no fragment with token " + token + " is out");
        }
    }

    /** Gives back all that are out, when nobody uses the socket any more and it is not closed yet. */
    void giveBackAll() {
        guard.lock();
        try {
            tokens.giveBackAll();
        } finally {
            guard.unlock();
        }
    }

    int outstanding() {
        guard.lock();
        try {
            return tokens.outstanding();
        } finally {
            guard.unlock();
        }
    }

    ReceiveCounts counts() {
        guard.lock();
        try {
            return new ReceiveCounts(
                    deviceBytes,
                    linearBytes,
                    receives,
                    tokens.returned() + tokens.outstanding(),
                    tokens.returned(),
                    tokens.calls());
        } finally {
            guard.unlock();
        }
    }
}
