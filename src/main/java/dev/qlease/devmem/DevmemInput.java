package dev.qlease.devmem;

import dev.qlease.linux.LinuxException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;

/**
 * Receives a stream until its end: the counterpart of {@link DevmemOutput}. How much that was, {@link DevmemSocket#received()}
 * tells. Owns its native memory. For one thread at a time.
 */
public final class DevmemInput implements AutoCloseable {
    private final DevmemSocket socket;
    private final RxBinding binding;
    private final Arena arena;
    private final Received received;
    private final MemorySegment copy;
    private final ByteBuffer bytes;

    /** Receives from {@code socket} into {@code binding}; both stay the caller's. */
    @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
    public DevmemInput(DevmemSocket socket, RxBinding binding) {
        this.socket = socket;
        this.binding = binding;
        this.received = Received.allocate();
        this.arena = Arena.ofShared();
        this.copy = arena.allocate(received.capacity());
        this.bytes = copy.asByteBuffer();
    }

    /**
     * Copies all that comes to {@code target}.
     *
     * @param target in blocking mode; it stays the caller's
     * @param patience how long to wait while nothing comes
     * @return whether the stream has ended; false if the patience was over before
     * @throws IOException if the target cannot be written to
     * @throws LinuxException as {@link DevmemSocket#receive(Received)}
     */
    public boolean transferTo(WritableByteChannel target, Duration patience) throws IOException {
        long more;
        while ((more = socket.receive(received, patience)) > 0) {
            binding.read(received, copy);
            received.release();
            bytes.clear().limit((int) more);
            while (bytes.hasRemaining()) {
                target.write(bytes);
            }
        }
        return more < 0;
    }

    /**
     * Lets all that comes land where it lands, and never looks at it.
     *
     * @param patience how long to wait while nothing comes
     * @return whether the stream has ended; false if the patience was over before
     * @throws LinuxException as {@link DevmemSocket#receive(Received)}
     */
    public boolean discard(Duration patience) {
        long more;
        do {
            more = socket.receive(received, patience);
        } while (more > 0);
        return more < 0;
    }

    /** Frees its memory. */
    @Override
    public void close() {
        received.close();
        arena.close();
    }
}
