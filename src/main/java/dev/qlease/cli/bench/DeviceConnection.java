package dev.qlease.cli.bench;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.transfer.ReceiveMemory;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.ReceiveBatch;
import dev.qlease.devmem.ReceiveCounts;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Files;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose data is in device memory. Messages pass in ordinary memory: before and after the transfer, when no
 * memory is bound to receive queues, and when all that was sent before has been acknowledged, so that no packet has
 * both.
 */
final class DeviceConnection implements BenchConnection {
    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);
    private static final int FRAGMENTS = 1024;

    private final DevmemSocket socket;
    private final int chunk;
    private final long room;
    private final @Nullable Supplier<ReceiveMemory> binding;
    private final AtomicLong moved = new AtomicLong();
    private @Nullable ReceiveMemory memory;
    private @Nullable ReceiveBatch batch;
    private ReceiveCounts before;

    private DeviceConnection(DevmemSocket socket, int chunk, long room, @Nullable Supplier<ReceiveMemory> binding) {
        this.socket = socket;
        this.chunk = chunk;
        this.room = room;
        this.binding = binding;
        this.before = socket.received();
    }

    /**
     * Returns a connection that sends the first {@code room} bytes of its dma-buf again and again, as they are.
     *
     * @param socket owned by the new object
     * @param chunk the most bytes that one system call sends
     */
    static DeviceConnection sending(DevmemSocket socket, int chunk, long room) {
        return new DeviceConnection(socket, chunk, room, null);
    }

    /**
     * Returns a connection that receives.
     *
     * @param socket owned by the new object
     * @param chunk the most bytes that one system call receives
     * @param binding binds memory to the receive queues; owned by the new object, and bound during the transfer only,
     *     since ordinary reads fail for data in device memory
     */
    static DeviceConnection receiving(DevmemSocket socket, int chunk, Supplier<ReceiveMemory> binding) {
        // Otherwise the next connection could not have the same addresses at once.
        socket.resetOnClose(true);
        return new DeviceConnection(socket, chunk, 0, binding);
    }

    @Override
    public void write(byte[] message) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, message);
            int fd = socket.descriptor().use();
            try {
                // A new connection, or one whose data was acknowledged, has space for a message.
                LinuxException.check((int) Files.write(fd, bytes, message.length), "write to " + socket);
            } finally {
                socket.descriptor().release();
            }
        }
    }

    @Override
    public byte[] read(int length) throws IOException {
        ByteBuffer message = ByteBuffer.allocate(length);
        while (message.hasRemaining()) {
            try (ReceiveBatch part = ReceiveBatch.allocate(message.remaining(), FRAGMENTS)) {
                if (socket.receive(part, FOREVER) < 0) {
                    throw new EOFException("the connection ended after " + message.position() + " bytes");
                }
                for (int i = 0; i < part.count(); i++) {
                    if (part.isDevice(i)) {
                        throw new CommandException(
                                ExitCode.FAILED,
                                "the server's answer arrived in device memory: another process has bound memory to"
                                        + " the receive queues; end it first");
                    }
                    message.put(part.linear(i).asByteBuffer());
                }
                socket.release(part);
            }
        }
        return message.array();
    }

    @Override
    public void prepare() {
        if (binding != null) {
            memory = binding.get();
            batch = ReceiveBatch.allocate(chunk, FRAGMENTS);
        }
        before = socket.received();
    }

    @Override
    public void send(long bytes) {
        long offset = 0;
        for (long left = bytes; left > 0; ) {
            int length = (int) Math.min(chunk, left);
            socket.awaitFree(offset, length, FOREVER);
            for (int sent = 0; sent < length; ) {
                int taken = (int) socket.send(offset + sent, length - sent);
                sent += taken;
                moved.addAndGet(taken);
            }
            left -= length;
            offset = offset + 2L * chunk <= room ? offset + chunk : 0;
        }
        socket.awaitCompletions(FOREVER);
        socket.checkConnection();
    }

    @Override
    public long receive() {
        ReceiveBatch into = batch;
        if (into == null) {
            throw new IllegalStateException("receive() before prepare()");
        }
        long received = 0;
        long more = socket.receive(into, FOREVER);
        while (more >= 0) {
            received += more;
            moved.addAndGet(more);
            more = socket.receive(into, FOREVER);
        }
        return received;
    }

    @Override
    public long calls() {
        return socket.sends() + socket.received().receives() - before.receives();
    }

    @Override
    public double copied() {
        if (binding == null) {
            return part(socket.copied(), socket.completed());
        }
        ReceiveCounts now = socket.received();
        return part(now.linearBytes() - before.linearBytes(), now.bytes() - before.bytes());
    }

    private static double part(long some, long all) {
        return all == 0 ? 0 : (double) some / all;
    }

    @Override
    public long progress() {
        return moved.get() + socket.completed();
    }

    @Override
    public void abort() {
        socket.close(Duration.ZERO);
    }

    @Override
    public void close() {
        try {
            socket.close(Duration.ZERO);
            if (batch != null) {
                batch.close();
            }
        } finally {
            if (memory != null) {
                memory.close();
            }
        }
    }
}
