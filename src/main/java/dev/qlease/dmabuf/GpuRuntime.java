package dev.qlease.dmabuf;

import dev.qlease.linux.LinuxException;
import java.lang.foreign.MemorySegment;

/**
 * The functions of a GPU's user-space driver that qlease needs. Loaded at the first use and kept. Device pointers are
 * plain numbers. Implementations are thread-safe. All methods throw {@link LinuxException} with the driver's error if
 * it refuses.
 */
interface GpuRuntime {
    /** Allocates memory of the first device; returns a device pointer. */
    long allocate(long size);

    /** Exports all of an allocation; returns the descriptor of a dma-buf. */
    int export(long pointer, long size);

    /** Copies to the device. */
    void copyIn(long pointer, MemorySegment source);

    /** Copies from the device. */
    void copyOut(MemorySegment target, long pointer);

    /** Frees an allocation. */
    void free(long pointer);
}
