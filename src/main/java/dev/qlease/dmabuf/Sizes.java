package dev.qlease.dmabuf;

import dev.qlease.linux.sys.Memory;

/** Arithmetic on sizes of memory. */
final class Sizes {
    static final long PAGE = Memory.pageSize();
    static final long HUGE_PAGE = 2L << 20;

    private Sizes() {}

    /**
     * The least multiple of {@code unit} that is no smaller than {@code size}.
     *
     * @throws IllegalArgumentException if {@code size} is not positive or there is none
     */
    static long roundUp(long size, long unit) {
        if (size <= 0 || size > Long.MAX_VALUE - unit) {
            throw new IllegalArgumentException("a dma-buf has at least one byte and less than 8 EiB, not " + size);
        }
        return (size + unit - 1) / unit * unit;
    }
}
