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
 * Bytes of a stream that were received in a bound dma-buf. Releasing the fragment returns its memory to the device,
 * together with other fragments released in the same iteration of the event loop. That also works after the channel was
 * closed, whose descriptor is closed with the last fragment. Do not keep fragments for long: the device cannot fill
 * their memory until they are released.
 *
 * <p>Thread-safe.
 */
public final class DmaBufFragment extends AbstractReferenceCounted {
    private static final ResourceLeakDetector<DmaBufFragment> LEAKS =
            ResourceLeakDetectorFactory.instance().newResourceLeakDetector(DmaBufFragment.class);

    private final TokenReturner returns;
    private final int token;
    private final int binding;
    private final long offset;
    private final int length;
    private final @Nullable ResourceLeakTracker<DmaBufFragment> leak;

    @SuppressWarnings("this-escape")
    DmaBufFragment(TokenReturner returns, int token, int binding, long offset, int length) {
        this.returns = returns;
        this.token = token;
        this.binding = binding;
        this.offset = offset;
        this.length = length;
        this.leak = LEAKS.track(this);
    }

    /** Returns the {@linkplain RxBinding#id() id} of the binding whose dma-buf contains the fragment. */
    public int binding() {
        return binding;
    }

    /** Returns where the fragment begins in the dma-buf. */
    public long offset() {
        return offset;
    }

    /** Returns the size of the fragment in bytes. */
    public int length() {
        return length;
    }

    /**
     * Appends the bytes of the fragment to {@code target}.
     *
     * @throws IllegalArgumentException if the fragment is in the dma-buf of another binding
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
