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
 * <p>A pool and not a thread-local, because each virtual thread would have its own. Taking and returning a segment
 * costs two uncontended atomic exchanges.
 */
final class CaptureState {
    /** The size of the pool, a power of two. More simultaneous calls than this allocate temporary segments. */
    private static final int SLOTS = 256;

    /** Slots are a cache line apart, so that the calls of two threads do not share one. */
    private static final int STRIDE = 16;

    private static final long SIZE = Linker.Option.captureStateLayout().byteSize();
    private static final AtomicReferenceArray<@Nullable MemorySegment> POOL =
            new AtomicReferenceArray<>(SLOTS * STRIDE);

    static {
        long line = Math.max(SIZE, 64);
        MemorySegment all = Arena.global().allocate(line * SLOTS, 64);
        for (int i = 0; i < SLOTS; i++) {
            POOL.set(i * STRIDE, all.asSlice(i * line, SIZE));
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
        int home = (int) Thread.currentThread().threadId();
        for (int i = 0; i < SLOTS; i++) {
            if (POOL.compareAndSet(index(home + i), null, state)) {
                return;
            }
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
