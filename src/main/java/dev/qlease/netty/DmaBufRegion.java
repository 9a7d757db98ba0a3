package dev.qlease.netty;

import dev.qlease.devmem.TxBinding;
import io.netty.channel.FileRegion;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of a bound dma-buf to write to a channel.
 *
 * <p>A {@link DevmemSocketChannel} sends them as device memory. It releases the region and completes the promise of the
 * write when the kernel reports that the bytes may be changed again. Since this is a {@link FileRegion}, Netty's
 * handlers accept it as a message body, and its other channels send it with copies made by the CPU.
 *
 * <p>The binding remains owned by the caller and must outlive the region. The range is immutable, but the count of
 * {@linkplain #transferred() copied} bytes is not, so that only one thread at a time should copy. Otherwise
 * thread-safe.
 */
public final class DmaBufRegion extends AbstractReferenceCounted implements FileRegion {
    private static final ResourceLeakDetector<DmaBufRegion> LEAKS =
            ResourceLeakDetectorFactory.instance().newResourceLeakDetector(DmaBufRegion.class);
    private static final int COPY = 1 << 16;

    private final TxBinding binding;
    private final long offset;
    private final long length;
    private final @Nullable Runnable released;
    private final @Nullable ResourceLeakTracker<DmaBufRegion> leak;
    private long transferred;

    /**
     * Creates a region of a binding's dma-buf.
     *
     * @param offset where the region begins in the dma-buf
     * @param length size in bytes, at least 0
     * @throws IndexOutOfBoundsException if the region is not within the dma-buf
     */
    public DmaBufRegion(TxBinding binding, long offset, long length) {
        this(binding, offset, length, null);
    }

    /**
     * As the other constructor, with a callback.
     *
     * @param released called once, on any thread, when the last reference is released and the kernel has completed the
     *     bytes
     */
    @SuppressWarnings("this-escape")
    public DmaBufRegion(TxBinding binding, long offset, long length, @Nullable Runnable released) {
        if (offset < 0 || length < 0 || offset > binding.dmaBuf().size() - length) {
            throw new IndexOutOfBoundsException(
                    "the dma-buf has " + binding.dmaBuf().size() + " bytes, not " + length + " from " + offset);
        }
        this.binding = binding;
        this.offset = offset;
        this.length = length;
        this.released = released;
        this.leak = LEAKS.track(this);
    }

    /** Returns the binding. */
    public TxBinding binding() {
        return binding;
    }

    /** Returns where the region begins in the dma-buf. */
    @Override
    public long position() {
        return offset;
    }

    /** Returns the size of the region in bytes. */
    @Override
    public long count() {
        return length;
    }

    @Override
    @Deprecated
    public long transfered() {
        return transferred;
    }

    /** Returns the number of bytes that {@link #transferTo} has copied. */
    @Override
    public long transferred() {
        return transferred;
    }

    /** Copies bytes from {@code position} on, relative to the beginning of the region, with the CPU. */
    @Override
    public long transferTo(WritableByteChannel target, long position) throws IOException {
        long left = length - position;
        if (left < 0 || position < 0) {
            throw new IllegalArgumentException("position " + position + " is outside a region of " + length + " bytes");
        }
        if (left == 0) {
            return 0;
        }
        byte[] copy = new byte[(int) Math.min(left, COPY)];
        binding.dmaBuf().memory().read(offset + position, MemorySegment.ofArray(copy));
        int written = target.write(ByteBuffer.wrap(copy));
        transferred += Math.max(0, written);
        return written;
    }

    @Override
    public DmaBufRegion retain() {
        super.retain();
        return this;
    }

    @Override
    public DmaBufRegion retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public DmaBufRegion touch() {
        return touch(null);
    }

    @Override
    public DmaBufRegion touch(@Nullable Object hint) {
        if (leak != null) {
            leak.record(hint);
        }
        return this;
    }

    @Override
    protected void deallocate() {
        if (leak != null) {
            leak.close(this);
        }
        if (released != null) {
            released.run();
        }
    }

    @Override
    public String toString() {
        return length + " bytes at " + offset + " of " + binding;
    }
}
