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
 * Sends any number of bytes as device memory, through a ring of equal regions of a bound dma-buf: each is filled when the
 * kernel is done with what it was sent from before.
 *
 * <p>Sending allocates nothing once it is compiled. The regions are this object's alone: whoever else sends from the same binding takes other
 * bytes of it. For one thread at a time; the counters may be read by others meanwhile.
 *
 * <p>What is not {@linkplain #finish finished} is not delivered as if it were all: until then, closing the socket, be it by
 * the end of the process, resets the connection.
 */
public final class DevmemOutput {
    private static final Duration LOOK = Duration.ofMillis(250);

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
     * Sends through all of the socket's dma-buf.
     *
     * @param socket stays the caller's; made to {@linkplain DevmemSocket#blocking block}
     * @param chunk bytes of a region, and so the most that one system call sends
     */
    public static DevmemOutput over(DevmemSocket socket, int chunk) {
        return over(socket, 0, socket.binding().dmaBuf().size(), chunk);
    }

    /**
     * Sends through a part of the socket's dma-buf.
     *
     * @param offset where it begins
     * @param length how many bytes it has
     * @param chunk bytes of a region, and so the most that one system call sends; what is left over behind the last whole
     *     region is not used, nor are more regions than sends can be in flight
     * @throws IllegalArgumentException if it has no room for a region
     * @throws IndexOutOfBoundsException if the dma-buf does not have it
     */
    public static DevmemOutput over(DevmemSocket socket, long offset, long length, int chunk) {
        Objects.checkFromIndexSize(offset, length, socket.binding().dmaBuf().size());
        if (chunk < 1 || chunk > length) {
            throw new IllegalArgumentException("a region has 1 to " + length + " bytes here, not " + chunk);
        }
        MemoryWindow[] regions = new MemoryWindow[(int) Math.min(length / chunk, DevmemSocket.MAX_SENDS)];
        for (int i = 0; i < regions.length; i++) {
            regions[i] = socket.binding().dmaBuf().memory().window(offset + (long) i * chunk, chunk);
        }
        socket.blocking(true);
        socket.resetOnClose(true);
        return new DevmemOutput(socket, offset, chunk, regions);
    }

    /** How many regions it has. */
    public int regions() {
        return regions.length;
    }

    /** Bytes of a region. */
    public int chunk() {
        return chunk;
    }

    /**
     * Sends all that {@code source} has, until its end: a region for each read, so that nothing waits for a region to be
     * full.
     *
     * @param source in blocking mode; it stays the caller's
     * @return how many bytes
     * @throws IOException if the source cannot be read
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
     * Sends all that remains in {@code source}, which may be changed when this returns.
     *
     * @throws LinuxException as {@link DevmemSocket#send(long, long)}
     */
    public void write(ByteBuffer source) {
        while (source.hasRemaining()) {
            send(free().fill(source));
        }
    }

    /** The next region, once nothing of it is in flight. */
    private MemoryWindow free() {
        if (finished) {
            throw new IllegalStateException("nothing is sent after the end");
        }
        socket.awaitFree(offset + (long) next * chunk, chunk);
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
     * Waits until the kernel has completed all sends and the peer has acknowledged all bytes, and says that no more will
     * come. When it answers true, closing the socket ends the connection as usual.
     *
     * @param patience how long to wait while nothing at all progresses
     * @return false if that was over before: what is missing, {@link #acknowledged} tells
     * @throws LinuxException if the connection has ended before all was acknowledged
     */
    public boolean finish(Duration patience) {
        long progress = -1;
        long since = System.nanoTime();
        while (!socket.awaitCompletions(LOOK.compareTo(patience) < 0 ? LOOK : patience)) {
            long now = socket.completed() + acknowledged();
            if (now != progress) {
                progress = now;
                since = System.nanoTime();
            } else if (Duration.ofNanos(System.nanoTime() - since).compareTo(patience) >= 0) {
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

    /** How many bytes the kernel has taken. */
    public long bytes() {
        return bytes.get();
    }

    /** How many of them the peer has acknowledged. */
    public long acknowledged() {
        return finished ? bytes() : Math.max(0, bytes() - socket.unacknowledged());
    }

    /** How many sendmsg calls that took. */
    public long sends() {
        return sends.get();
    }
}
