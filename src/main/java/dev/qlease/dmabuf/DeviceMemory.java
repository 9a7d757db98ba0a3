package dev.qlease.dmabuf;

import java.lang.foreign.MemorySegment;

/**
 * The CPU's access to the memory of a dma-buf. The device must not access the same bytes at the same time: senders must
 * wait for completion first. Implementations are thread-safe, and no call allocates anything.
 */
public interface DeviceMemory extends AutoCloseable {
    /**
     * Copies all of {@code source} into the memory at {@code offset}.
     *
     * @throws IndexOutOfBoundsException if {@code source} does not fit
     */
    void write(long offset, MemorySegment source);

    /**
     * Fills all of {@code target} from the memory at {@code offset}.
     *
     * @throws IndexOutOfBoundsException if there are fewer bytes than {@code target} holds
     */
    void read(long offset, MemorySegment target);

    /**
     * Copies several ranges to {@code target}, one after the other, as one access.
     *
     * @param offsets where each range begins
     * @param lengths size of each range in bytes
     * @param from index of the first range in these arrays
     * @param count number of ranges
     * @throws IndexOutOfBoundsException if a range is not within the memory, or {@code target} is too small
     */
    default void read(long[] offsets, int[] lengths, int from, int count, MemorySegment target) {
        long at = 0;
        for (int i = from; i < from + count; i++) {
            read(offsets[i], target.asSlice(at, lengths[i]));
            at += lengths[i];
        }
    }

    /**
     * Returns a range of the memory that can be filled repeatedly.
     *
     * @param size size in bytes, at least 1
     * @throws IndexOutOfBoundsException if the range is not within the memory
     */
    MemoryWindow window(long offset, int size);

    /** Releases the resources that only reading and writing need. Idempotent. */
    @Override
    void close();
}
