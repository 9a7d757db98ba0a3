package dev.qlease.devmem;

import dev.qlease.dmabuf.MemoryWindow;
import dev.qlease.linux.LinuxException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends any number of bytes as device memory, through a ring of equal regions of a bound dma-buf. A region is filled
 * again when the sends from it have completed.
 *
 * <p>Sending allocates nothing once it is compiled. The regions are owned by this object: other senders of the same
 * binding must use other bytes. Not thread-safe, except for the counters.
 *
 * <p>A stream that is not {@linkplain #finish finished} cannot be mistaken for a complete one: until then, closing the
 * socket, also at the end of the process, resets the connection.
 */
public final class DevmemOutput {
    private static final Duration LOOK = Duration.ofMillis(250);
    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

    private final DevmemSocket socket;
    private final long offset;
    private final int chunk;
    private final MemoryWindow[] regions;

    private int next;
    private volatile boolean finished;

    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong sends = new AtomicLong();

    private DevmemOutput(DevmemSocket socket, long offset, int chunk, MemoryWindow... regions) {
        this.socket = socket;
        this.offset = offset;
        this.chunk = chunk;
        this.regions = regions;
    }

    /**
     * Creates an output that uses all of the socket's dma-buf.
     *
     * @param socket remains owned by the caller; set to {@linkplain DevmemSocket#blocking blocking} mode
     * @param chunk size of a region in bytes, which is also the maximum of one system call
     */
    public static DevmemOutput over(DevmemSocket socket, int chunk) {
        return over(socket, 0, socket.binding().dmaBuf().size(), chunk);
    }

    /**
     * Creates an output that uses a part of the socket's dma-buf.
     *
     * @param socket remains owned by the caller; set to {@linkplain DevmemSocket#blocking blocking} mode
     * @param offset where the part begins
     * @param length size of the part in bytes
     * @param chunk size of a region in bytes, which is also the maximum of one system call. Bytes after the last whole
     *     region are not used, nor are more regions than there can be sends in flight
     * @throws IllegalArgumentException if the part has no room for a region
     * @throws IndexOutOfBoundsException if the part is not within the dma-buf
     */
    public static DevmemOutput over(DevmemSocket socket, long offset, long length, int chunk) {
        Objects.checkFromIndexSize(offset, length, socket.binding().dmaBuf().size());
        if (chunk < 1 || chunk > length) {
            throw new IllegalArgumentException("the size of a region is 1 to " + length + " bytes, not " + chunk);
        }
        MemoryWindow[] regions = new MemoryWindow[(int) Math.min(length / chunk, BlockingSender.MAX_SENDS)];
        for (int i = 0; i < regions.length; i++) {
            regions[i] = socket.binding().dmaBuf().memory().window(offset + (long) i * chunk, chunk);
        }
        socket.blocking(true);
        socket.resetOnClose(true);
        return new DevmemOutput(socket, offset, chunk, regions);
    }

    /** Returns the number of regions. */
    public int regions() {
        return regions.length;
    }

    /** Returns the size of a region in bytes. */
    public int chunk() {
        return chunk;
    }

    /**
     * Sends all data of {@code source} until its end. Each read is sent at once, so that no data waits for a region to
     * be full.
     *
     * @param source a channel in blocking mode; remains owned by the caller
     * @return the number of bytes sent
     * @throws IOException if the source cannot be read
     * @throws IllegalBlockingModeException if the source is not in blocking mode
     * @throws IllegalStateException if the output has been finished
     * @throws LinuxException as {@link DevmemSocket#send(long, long)}
     */
    public long transferFrom(ReadableByteChannel source) throws IOException {
        long before = bytes();
        while (true) {
            int read = free().fill(source);
            if (read < 0) {
                return bytes() - before;
            }
            if (read == 0) {
                throw new IllegalBlockingModeException();
            }
            send(read);
        }
    }

    /**
     * Sends the remaining bytes of {@code source}, which may be changed when this returns.
     *
     * @throws IllegalStateException if the output has been finished
     *
     * @throws LinuxException as {@link DevmemSocket#send(long, long)}
     */
    public void write(ByteBuffer source) {
        while (source.hasRemaining()) {
            send(free().fill(source));
        }
    }

    /** Returns the next region, after waiting until none of its bytes are in flight. */
    private MemoryWindow free() {
        if (finished) {
            throw new IllegalStateException("the output has been finished");
        }
        socket.awaitFree(offset + (long) next * chunk, chunk, FOREVER);
        return regions[next];
    }

    /** Sends the first {@code length} bytes of the next region. */
    private void send(int length) {
        long start = offset + (long) next * chunk;
        next = (next + 1) % regions.length;
        for (int sent = 0; sent < length; ) {
            int taken = (int) socket.send(start + sent, length - sent);
            sent += taken;
            sends.incrementAndGet();
            bytes.addAndGet(taken);
        }
    }

    /**
     * Waits until the kernel has completed all sends, and so the peer has acknowledged all bytes, and ends the output.
     * If this returns true, closing the socket ends the connection in order.
     *
     * @param timeout how long to wait without any progress
     * @return false if the timeout elapsed; {@link #acknowledged} returns how many bytes were delivered
     * @throws LinuxException if the connection ended before all bytes were acknowledged
     */
    public boolean finish(Duration timeout) {
        long progress = -1;
        long since = System.nanoTime();
        while (!socket.awaitCompletions(LOOK.compareTo(timeout) < 0 ? LOOK : timeout)) {
            long now = socket.completed() + acknowledged();
            if (now != progress) {
                progress = now;
                since = System.nanoTime();
            } else if (Duration.ofNanos(System.nanoTime() - since).compareTo(timeout) >= 0) {
                return false;
            }
        }
        socket.checkConnection();
        if (!finished) {
            finished = true;
            socket.resetOnClose(false);
            socket.shutdownOutput();
        }
        return true;
    }

    /** Returns the number of bytes that the kernel has taken. */
    public long bytes() {
        return bytes.get();
    }

    /** Returns the number of bytes that the peer has acknowledged. */
    public long acknowledged() {
        return finished ? bytes() : Math.max(0, bytes() - socket.unacknowledged());
    }

    /** Returns the number of sendmsg calls made. */
    public long sends() {
        return sends.get();
    }
}
