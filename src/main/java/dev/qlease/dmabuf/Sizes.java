package dev.qlease.dmabuf;

import dev.qlease.linux.sys.Memory;

/** Arithmetic on memory sizes. */
final class Sizes {
    static final long PAGE = Memory.pageSize();

    private Sizes() {}

    /**
     * Returns the least multiple of {@code unit} that is at least {@code size}.
     *
     * @throws IllegalArgumentException if {@code size} is not positive, or the multiple exceeds a long
     */
    static long roundUp(long size, long unit) {
        if (size <= 0 || size > Long.MAX_VALUE - unit) {
            throw new IllegalArgumentException(
                    "the size of a dma-buf must be at least 1 byte and less than 8 EiB, not " + size);
        }
        return (size + unit - 1) / unit * unit;
    }
}
