package dev.qlease.dmabuf;

import java.lang.foreign.MemorySegment;

/**
 * How the CPU reaches the memory of a dma-buf. The device must not be at the same bytes meanwhile: who sends waits for the
 * completion first. Implementations are safe for use by many threads and allocate nothing a call.
 */
public interface DeviceMemory extends AutoCloseable {
    /**
     * Copies all of {@code source} to {@code offset}.
     *
     * @throws IndexOutOfBoundsException if it does not fit
     */
    void write(long offset, MemorySegment source);

    /**
     * Copies what is at {@code offset} to all of {@code target}.
     *
     * @throws IndexOutOfBoundsException if there is less
     */
    void read(long offset, MemorySegment target);

    /**
     * Copies several stretches to {@code target}, one behind the other, as one access.
     *
     * @param offsets where each begins
     * @param lengths how many bytes each has
     * @param from the first of these arrays' elements that counts
     * @param count how many do
     * @throws IndexOutOfBoundsException if there are no such bytes, or they do not fit
     */
    default void read(long[] offsets, int[] lengths, int from, int count, MemorySegment target) {
        long at = 0;
        for (int i = from; i < from + count; i++) {
            read(offsets[i], target.asSlice(at, lengths[i]));
            at += lengths[i];
        }
    }

    /**
     * A stretch that is to be filled over and over.
     *
     * @param size bytes, at least 1
     * @throws IndexOutOfBoundsException if there are no such bytes
     */
    MemoryWindow window(long offset, int size);

    /** Gives up what only reading and writing needs. Does nothing again. */
    @Override
    void close();
}
