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
 * Bytes of a bound dma-buf, to be written to a channel.
 *
 * <p>A {@link DevmemSocketChannel} sends them as device memory, and releases this when the kernel says that they may be
 * changed again: then, too, the write's promise completes. Being a {@link FileRegion}, Netty's own handlers take it for a
 * body, and its other channels send it, copied by the processor.
 *
 * <p>The binding stays its owner's and must outlive this. The bytes are fixed; what was {@linkplain #transferred() copied} is
 * not, so that only one at a time should copy. Otherwise safe for use by many threads.
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
     * Bytes of a binding's dma-buf.
     *
     * @param offset where they begin
     * @param length how many, at least 0
     * @throws IndexOutOfBoundsException if the dma-buf does not have them
     */
    public DmaBufRegion(TxBinding binding, long offset, long length) {
        this(binding, offset, length, null);
    }

    /**
     * As the other one.
     *
     * @param released called once, when nobody holds this any more and the bytes may be changed again; on whatever thread
     *     that is
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

    /** What it is bound by. */
    public TxBinding binding() {
        return binding;
    }

    /** Where it begins in the dma-buf. */
    @Override
    public long position() {
        return offset;
    }

    /** How many bytes it has. */
    @Override
    public long count() {
        return length;
    }

    @Override
    @Deprecated
    public long transfered() {
        return transferred;
    }

    /** How many of them {@link #transferTo} has copied. */
    @Override
    public long transferred() {
        return transferred;
    }

    /** Copies bytes from {@code position} on, counted from this one's first, by the processor. */
    @Override
    public long transferTo(WritableByteChannel target, long position) throws IOException {
        long left = length - position;
        if (left < 0 || position < 0) {
            throw new IllegalArgumentException("a region of " + length + " bytes has none at " + position);
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
