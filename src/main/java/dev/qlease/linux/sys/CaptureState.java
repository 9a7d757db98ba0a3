package dev.qlease.linux.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A fixed pool of the segments in which the linker stores errno.
 *
 * <p>A pool and not a thread-local, because each virtual thread would have its own. Taking a segment costs one
 * uncontended atomic exchange, and returning it none, since each has a slot of its own.
 */
final class CaptureState {
    /** The size of the pool, a power of two. More simultaneous calls than this allocate temporary segments. */
    private static final int SLOTS = 256;

    /** Slots are a cache line apart, so that the calls of two threads do not share one. */
    private static final int STRIDE = 16;

    private static final long SIZE = Linker.Option.captureStateLayout().byteSize();
    private static final AtomicReferenceArray<@Nullable MemorySegment> POOL =
            new AtomicReferenceArray<>(SLOTS * STRIDE);

    /** The distance between two segments in memory, a power of two. */
    private static final long LINE = 64;

    private static final MemorySegment ALL = Arena.global().allocate(LINE * SLOTS, LINE);

    static {
        for (int i = 0; i < SLOTS; i++) {
            POOL.set(i * STRIDE, ALL.asSlice(i * LINE, SIZE));
        }
    }

    private CaptureState() {}

    /** Takes a segment; allocates one if {@value #SLOTS} calls, most of them blocked, hold the whole pool. */
    static MemorySegment take() {
        int home = (int) Thread.currentThread().threadId();
        for (int i = 0; i < SLOTS; i++) {
            MemorySegment state = POOL.getAndSet(index(home + i), null);
            if (state != null) {
                return state;
            }
        }
        return Arena.ofAuto().allocate(SIZE, 8);
    }

    /** Returns a segment to the pool; a surplus one is left to the garbage collector. */
    static void give(MemorySegment state) {
        long slot = (state.address() - ALL.address()) / LINE;
        if (slot >= 0 && slot < SLOTS) {
            // Empty since the segment was taken: no other segment is returned to it.
            POOL.setRelease(index((int) slot), state);
        }
    }

    private static int index(int slot) {
        return (slot & SLOTS - 1) * STRIDE;
    }

    /** Returns the errno in {@code state}: on Linux the capture layout is this one int. */
    static int errno(MemorySegment state) {
        return state.get(ValueLayout.JAVA_INT, 0);
    }
}
