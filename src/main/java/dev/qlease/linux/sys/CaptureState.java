package dev.qlease.linux.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A fixed pool of the segments that the linker stores errno in.
 *
 * <p>A pool and not a thread-local, because with virtual threads there would be one for each of them. Taking and giving
 * back costs two uncontended atomic exchanges.
 */
final class CaptureState {
    /** How many segments are kept; a power of two. More calls than this at one instant make more for the moment. */
    private static final int SLOTS = 256;

    /** Slots a cache line apart, so that two threads' calls do not share one. */
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

    /** Takes a segment; makes one when {@value #SLOTS} calls, blocked ones mostly, hold all that there are. */
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

    /** Gives back what {@link #take()} gave; one too many is left to the garbage collector. */
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

    /** The errno in {@code state}: the capture layout on Linux is this one int. */
    static int errno(MemorySegment state) {
        return state.get(ValueLayout.JAVA_INT, 0);
    }
}
