package dev.qlease.dmabuf;

import dev.qlease.linux.LinuxException;
import java.lang.foreign.MemorySegment;

/**
 * What qlease needs of a GPU's user-space driver. Loaded at its first use and kept. Device pointers are plain numbers.
 * Implementations are safe for use by many threads. All methods throw {@link LinuxException} with the driver's own words
 * if it refuses.
 */
interface GpuRuntime {
    /** Memory of the first device. */
    long allocate(long size);

    /** A dma-buf's descriptor for all of an allocation. */
    int export(long pointer, long size);

    /** Copies to the device. */
    void copyIn(long pointer, MemorySegment source);

    /** Copies from the device. */
    void copyOut(MemorySegment target, long pointer);

    /** Frees an allocation. */
    void free(long pointer);
}
