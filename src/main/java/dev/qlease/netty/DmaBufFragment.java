package dev.qlease.netty;

import dev.qlease.devmem.RxBinding;
import io.netty.buffer.ByteBuf;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of a stream that landed in a bound dma-buf. Releasing it gives the memory back to the device, together with what else
 * is released in the same turn of the loop; a channel that was closed meanwhile lets go of its memory when all of its
 * fragments are released. What is kept for long the device lacks to receive into.
 *
 * <p>Safe for use by many threads.
 */
public final class DmaBufFragment extends AbstractReferenceCounted {
    private static final ResourceLeakDetector<DmaBufFragment> LEAKS =
            ResourceLeakDetectorFactory.instance().newResourceLeakDetector(DmaBufFragment.class);

    private final Returns returns;
    private final int token;
    private final int binding;
    private final long offset;
    private final int length;
    private final @Nullable ResourceLeakTracker<DmaBufFragment> leak;

    @SuppressWarnings("this-escape")
    DmaBufFragment(Returns returns, int token, int binding, long offset, int length) {
        this.returns = returns;
        this.token = token;
        this.binding = binding;
        this.offset = offset;
        this.length = length;
        this.leak = LEAKS.track(this);
    }

    /** The {@linkplain RxBinding#id() id} of the binding of the dma-buf that it is in. */
    public int binding() {
        return binding;
    }

    /** Where in the dma-buf it begins. */
    public long offset() {
        return offset;
    }

    /** How many bytes it has. */
    public int length() {
        return length;
    }

    /**
     * Appends its bytes to {@code target}, for who wants them in ordinary memory after all.
     *
     * @throws IllegalArgumentException if it is in the dma-buf of another binding
     */
    public void copyTo(ByteBuf target, RxBinding from) {
        if (from.id() != binding) {
            throw new IllegalArgumentException(
                    "the fragment is in the dma-buf of binding " + binding + ", not of " + from.id());
        }
        byte[] copy = new byte[length];
        from.dmaBuf().memory().read(offset, MemorySegment.ofArray(copy));
        target.writeBytes(copy);
    }

    @Override
    public DmaBufFragment retain() {
        super.retain();
        return this;
    }

    @Override
    public DmaBufFragment retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public DmaBufFragment touch() {
        return touch(null);
    }

    @Override
    public DmaBufFragment touch(@Nullable Object hint) {
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
        returns.add(token);
    }

    @Override
    public String toString() {
        return length + " bytes at " + offset + " of the dma-buf of binding " + binding;
    }
}
