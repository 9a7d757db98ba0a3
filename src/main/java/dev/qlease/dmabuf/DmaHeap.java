package dev.qlease.dmabuf;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.dma_heap_allocation_data;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Files;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * A dma-buf heap, /dev/dma_heap/NAME; linux/dma-heap.h. The {@code system} heap allocates ordinary pages. Immutable and
 * thread-safe.
 */
public final class DmaHeap implements DmaBufProvider {
    private final String heap;

    private DmaHeap(String heap) {
        this.heap = heap;
    }

    /** Returns the heap {@code system}. */
    public static DmaHeap system() {
        return named("system");
    }

    /** Returns the heap /dev/dma_heap/{@code heap}. */
    public static DmaHeap named(String heap) {
        return new DmaHeap(heap);
    }

    @Override
    public String name() {
        return "dma-heap " + heap;
    }

    @Override
    public DmaBuf allocate(long size) {
        long rounded = Sizes.roundUp(size, Sizes.PAGE);
        Path device = Path.of("/dev/dma_heap", heap);
        try (FileDescriptor open = Devices.open(name(), device, "build the kernel with CONFIG_DMABUF_HEAPS_SYSTEM");
                Arena arena = Arena.ofConfined()) {
            MemorySegment request = dma_heap_allocation_data.allocate(arena);
            dma_heap_allocation_data.len(request, rounded);
            dma_heap_allocation_data.fd_flags(request, Libc.O_RDWR() | Libc.O_CLOEXEC());
            LinuxException.check(
                    Files.ioctl(open.number(), Uapi.DMA_HEAP_IOCTL_ALLOC(), request),
                    name() + ": allocate " + rounded + " bytes");
            return DmaBuf.owning(FileDescriptor.owning(dma_heap_allocation_data.fd(request), name()), name(), size);
        }
    }

    @Override
    public String toString() {
        return name();
    }
}
