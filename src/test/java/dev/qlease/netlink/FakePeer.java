package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * The kernel's end of a socket, for what a kernel can't be made to do: it says what the test tells it to. It keeps the
 * rules of {@link Transport} strictly: what was received is overwritten by the next call, and two threads that receive
 * at once are an error.
 */
final class FakePeer implements Transport {
    static final int PORT = 4711;

    private final Deque<Object> incoming = new ArrayDeque<>();
    private final List<byte[]> requests = new ArrayList<>();
    private final Usage usage = new Usage("fake socket", () -> freed = true);
    private final MemorySegment buffer = Arena.ofAuto().allocate(1 << 16, 8);
    private final AtomicReference<Thread> receiver = new AtomicReference<>();
    private boolean woken;
    private int waiting;

    volatile boolean freed;
    volatile int sendResult;
    volatile Consumer<Sent> script = _ -> {};

    /** A request that was sent. */
    record Sent(int sequence, int flags, byte[] bytes) {}

    /** A reply with one attribute, ifindex. */
    static byte[] reply(int sequence, int flags, int ifindex) {
        return replyTo(PORT, sequence, flags, ifindex);
    }

    static byte[] replyTo(int port, int sequence, int flags, int ifindex) {
        return Wire.message(
                Sample.FAMILY, flags, sequence, port, Wire.hex("0a010000"), Wire.attribute(1, Wire.u32(ifindex)));
    }

    static byte[] done(int sequence, int flags, int error, byte[]... acks) {
        return Wire.message(Uapi.NLMSG_DONE(), flags, sequence, PORT, Wire.u32(error), Wire.concat(acks));
    }

    static byte[] error(int sequence, int flags, int error, byte[]... acks) {
        return Wire.message(
                Uapi.NLMSG_ERROR(), flags, sequence, PORT, Wire.u32(-error), new byte[16], Wire.concat(acks));
    }

    /** Queues a datagram of these messages. */
    synchronized void say(byte[]... messages) {
        incoming.add(Wire.concat(messages));
        notifyAll();
    }

    /** Queues an error of recvmsg. */
    synchronized void fail(Errno errno) {
        incoming.add(errno);
        notifyAll();
    }

    synchronized int requestCount() {
        return requests.size();
    }

    synchronized byte[] lastRequest() {
        return requests.getLast();
    }

    /** Waits until a thread is in {@link #await}. */
    synchronized void untilAwaited() throws InterruptedException {
        while (waiting == 0) {
            wait();
        }
    }

    @Override
    public int send(MemorySegment buffer, long size) {
        MemorySegment message = buffer.asSlice(0, size);
        byte[] bytes = message.toArray(ValueLayout.JAVA_BYTE);
        synchronized (this) {
            requests.add(bytes);
        }
        int flags = Short.toUnsignedInt(message.get(ValueLayout.JAVA_SHORT_UNALIGNED, 6));
        script.accept(new Sent(message.get(ValueLayout.JAVA_INT_UNALIGNED, 8), flags, bytes));
        return sendResult;
    }

    private void begin() {
        if (!receiver.compareAndSet(null, Thread.currentThread())) {
            throw new AssertionError("two threads receive at once");
        }
    }

    @Override
    public MemorySegment receive() {
        begin();
        try {
            buffer.fill((byte) 0xff);
            Object next;
            synchronized (this) {
                next = incoming.poll();
            }
            return switch (next) {
                case null -> null;
                case Errno errno -> throw new LinuxException("recvmsg", errno.number());
                case byte[] bytes -> {
                    MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
                    yield buffer.asSlice(0, bytes.length);
                }
                default -> throw new AssertionError(next);
            };
        } finally {
            receiver.set(null);
        }
    }

    @Override
    public boolean await(long deadline) {
        begin();
        try {
            return awaited(deadline);
        } finally {
            receiver.set(null);
        }
    }

    private synchronized boolean awaited(long deadline) {
        waiting++;
        notifyAll();
        try {
            while (incoming.isEmpty() && !woken && isOpen()) {
                long millis = Math.ceilDiv(Events.nanosUntil(deadline), 1_000_000);
                if (millis <= 0) {
                    return false;
                }
                waitUninterrupted(millis);
            }
            woken = false;
            return true;
        } finally {
            waiting--;
        }
    }

    /** As poll(2), which Java's interruption does not reach. */
    private void waitUninterrupted(long millis) {
        boolean interrupted = Thread.interrupted();
        try {
            wait(millis);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized void wake() {
        woken = true;
        notifyAll();
    }

    @Override
    public int port() {
        return PORT;
    }

    @Override
    public FileDescriptor descriptor() {
        throw new UnsupportedOperationException("a fake has no descriptor");
    }

    @Override
    public void enter() {
        usage.enter();
    }

    @Override
    public void leave() {
        usage.leave();
    }

    @Override
    public boolean isOpen() {
        return usage.isOpen();
    }

    @Override
    public void close() {
        usage.close();
        wake();
    }
}
