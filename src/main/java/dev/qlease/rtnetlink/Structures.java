package dev.qlease.rtnetlink;

import java.lang.foreign.MemorySegment;

/** The kernel's structures inside attributes, which grow at their end with new kernels. */
final class Structures {
    private Structures() {}

    /**
     * A copy of {@code received} that is {@code size} bytes long and aligned as the structure wants: fields that an older
     * kernel does not have yet are 0, those of a newer one are cut off.
     */
    static MemorySegment copy(MemorySegment received, long size) {
        MemorySegment whole = MemorySegment.ofArray(new long[(int) ((size + Long.BYTES - 1) / Long.BYTES)]);
        long common = Math.min(size, received.byteSize());
        whole.asSlice(0, common).copyFrom(received.asSlice(0, common));
        return whole.asSlice(0, size);
    }
}
