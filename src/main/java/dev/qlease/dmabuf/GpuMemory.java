package dev.qlease.dmabuf;

import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Memory of a GPU, exported by its user-space driver's library, which is loaded at the first allocation. Nothing is needed
 * to build or run qlease where there is no such library.
 */
public final class GpuMemory implements DmaBufProvider {
    private final String name;
    private final String library;
    private final Function<String, GpuRuntime> loader;
    private @Nullable GpuRuntime runtime;

    private GpuMemory(String name, String library, Function<String, GpuRuntime> loader) {
        this.name = name;
        this.library = library;
        this.loader = loader;
    }

    /** Memory of the first NVIDIA GPU, by the CUDA driver API's cuMemGetHandleForAddressRange; CUDA 11.7 or newer. */
    public static GpuMemory cuda() {
        return cuda(Cuda.LIBRARY);
    }

    /** As {@link #cuda()}, from a library of another name or path. */
    public static GpuMemory cuda(String library) {
        return new GpuMemory("cuda", library, Cuda::new);
    }

    /** Memory of the first AMD GPU, by ROCm's hipMemGetHandleForAddressRange. */
    public static GpuMemory hip() {
        return hip(Hip.LIBRARY);
    }

    /** As {@link #hip()}, from a library of another name or path. */
    public static GpuMemory hip(String library) {
        return new GpuMemory("hip", library, Hip::new);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public DmaBuf allocate(long size) {
        // The drivers export whole allocations of their own granularity, which is no more than this.
        long rounded = Sizes.roundUp(size, Sizes.HUGE_PAGE);
        GpuRuntime gpu = runtime();
        long pointer = gpu.allocate(rounded);
        int fd;
        try {
            fd = gpu.export(pointer, rounded);
        } catch (RuntimeException e) {
            gpu.free(pointer);
            throw e;
        }
        return DmaBuf.owning(
                FileDescriptor.owning(fd, "dma-buf from " + name), name, new Allocation(gpu, pointer, rounded));
    }

    private synchronized GpuRuntime runtime() {
        if (runtime == null) {
            runtime = loader.apply(library);
        }
        return runtime;
    }

    /** An allocation, which the GPU's own copies read and write: such memory can't be mapped. */
    private static final class Allocation implements DeviceMemory {
        private final GpuRuntime gpu;
        private final long pointer;
        private final long size;
        private final Usage usage;

        Allocation(GpuRuntime gpu, long pointer, long size) {
            this.gpu = gpu;
            this.pointer = pointer;
            this.size = size;
            this.usage = new Usage("GPU memory", () -> gpu.free(pointer));
        }

        @Override
        public void write(long offset, MemorySegment source) {
            Objects.checkFromIndexSize(offset, source.byteSize(), size);
            usage.enter();
            try {
                gpu.copyIn(pointer + offset, source);
            } finally {
                usage.leave();
            }
        }

        @Override
        public void read(long offset, MemorySegment target) {
            Objects.checkFromIndexSize(offset, target.byteSize(), size);
            usage.enter();
            try {
                gpu.copyOut(target, pointer + offset);
            } finally {
                usage.leave();
            }
        }

        @Override
        public MemoryWindow window(long offset, int size) {
            Objects.checkFromIndexSize(offset, size, this.size);
            return new BounceWindow(this, offset, size);
        }

        @Override
        public void close() {
            usage.close();
        }
    }
}
