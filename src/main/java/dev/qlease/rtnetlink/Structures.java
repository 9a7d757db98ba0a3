package dev.qlease.rtnetlink;

import java.lang.foreign.MemorySegment;

/** Reads the kernel's structures inside attributes, which new kernels may extend at their end. */
final class Structures {
    private Structures() {}

    /**
     * Returns an aligned copy of {@code received} that is {@code size} bytes long: fields that an older kernel lacks
     * are 0, fields that only a newer kernel has are cut off.
     */
    static MemorySegment copy(MemorySegment received, long size) {
        MemorySegment whole = MemorySegment.ofArray(new long[(int) ((size + Long.BYTES - 1) / Long.BYTES)]);
        long common = Math.min(size, received.byteSize());
        whole.asSlice(0, common).copyFrom(received.asSlice(0, common));
        return whole.asSlice(0, size);
    }
}
