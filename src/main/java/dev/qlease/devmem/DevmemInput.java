package dev.qlease.devmem;

import dev.qlease.linux.LinuxException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;

/**
 * Receives a stream until its end; the counterpart of {@link DevmemOutput}. {@link DevmemSocket#received()} returns how
 * much was received. Owns its native memory. Not thread-safe.
 */
public final class DevmemInput implements AutoCloseable {
    private final DevmemSocket socket;
    private final RxBinding binding;
    private final Arena arena;
    private final ReceiveBatch received;
    private final MemorySegment copy;
    private final ByteBuffer bytes;

    /** Creates an input that receives from {@code socket} into {@code binding}; both remain owned by the caller. */
    @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
    public DevmemInput(DevmemSocket socket, RxBinding binding) {
        this.socket = socket;
        this.binding = binding;
        this.received = ReceiveBatch.allocate();
        this.arena = Arena.ofShared();
        this.copy = arena.allocate(received.capacity());
        this.bytes = copy.asByteBuffer();
    }

    /**
     * Copies all data received to {@code target}.
     *
     * @param target a channel in blocking mode; remains owned by the caller
     * @param timeout how long to wait while no data arrives
     * @return whether the stream has ended; false if the timeout elapsed before that
     * @throws IOException if the target cannot be written to
     * @throws LinuxException as {@link DevmemSocket#receive(ReceiveBatch)}
     */
    public boolean transferTo(WritableByteChannel target, Duration timeout) throws IOException {
        long more;
        while ((more = socket.receive(received, timeout)) > 0) {
            binding.read(received, copy);
            socket.release(received);
            bytes.clear().limit((int) more);
            while (bytes.hasRemaining()) {
                target.write(bytes);
            }
        }
        return more < 0;
    }

    /**
     * Receives all data and discards it without copying.
     *
     * @param timeout how long to wait while no data arrives
     * @return whether the stream has ended; false if the timeout elapsed before that
     * @throws LinuxException as {@link DevmemSocket#receive(ReceiveBatch)}
     */
    public boolean discard(Duration timeout) {
        long more;
        do {
            more = socket.receive(received, timeout);
        } while (more > 0);
        return more < 0;
    }

    /** Frees the memory; remaining fragments are released with the socket. */
    @Override
    public void close() {
        received.close();
        arena.close();
    }
}
