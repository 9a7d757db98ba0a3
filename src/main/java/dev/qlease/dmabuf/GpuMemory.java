package dev.qlease.dmabuf;

import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Memory of a GPU, exported by the library of its user-space driver, which is loaded at the first allocation. qlease
 * builds and runs without the library.
 */
public final class GpuMemory implements DmaBufProvider {
    /** A multiple of the granularity with which the drivers allocate; they export whole allocations. */
    private static final long GRANULARITY = 2L << 20;

    private final String name;
    private final String library;
    private final Function<String, GpuRuntime> loader;
    private @Nullable GpuRuntime runtime;

    private GpuMemory(String name, String library, Function<String, GpuRuntime> loader) {
        this.name = name;
        this.library = library;
        this.loader = loader;
    }

    /**
     * Returns a provider for the first NVIDIA GPU, by the CUDA driver API's cuMemGetHandleForAddressRange; CUDA 11.7 or
     * newer.
     */
    public static GpuMemory cuda() {
        return cuda(Cuda.LIBRARY);
    }

    /** As {@link #cuda()}, with a library of another name or path. */
    public static GpuMemory cuda(String library) {
        return new GpuMemory("cuda", library, Cuda::new);
    }

    /** Returns a provider for the first AMD GPU, by ROCm's hipMemGetHandleForAddressRange. */
    public static GpuMemory hip() {
        return hip(Hip.LIBRARY);
    }

    /** As {@link #hip()}, with a library of another name or path. */
    public static GpuMemory hip(String library) {
        return new GpuMemory("hip", library, Hip::new);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public DmaBuf allocate(long size) {
        long rounded = Sizes.roundUp(size, GRANULARITY);
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
                FileDescriptor.owning(fd, "dma-buf from " + name), name, size, new Allocation(gpu, pointer, rounded));
    }

    private synchronized GpuRuntime runtime() {
        if (runtime == null) {
            runtime = loader.apply(library);
        }
        return runtime;
    }

    /** An allocation that the GPU's copy functions read and write, since such memory cannot be mapped. */
    private static final class Allocation implements DeviceMemory {
        private final GpuRuntime gpu;
        private final long pointer;
        private final long allocated;
        private final Usage usage;

        Allocation(GpuRuntime gpu, long pointer, long allocated) {
            this.gpu = gpu;
            this.pointer = pointer;
            this.allocated = allocated;
            this.usage = new Usage("GPU memory", () -> gpu.free(pointer));
        }

        @Override
        public void write(long offset, MemorySegment source) {
            Objects.checkFromIndexSize(offset, source.byteSize(), allocated);
            usage.enter();
            try {
                gpu.copyIn(pointer + offset, source);
            } finally {
                usage.leave();
            }
        }

        @Override
        public void read(long offset, MemorySegment target) {
            Objects.checkFromIndexSize(offset, target.byteSize(), allocated);
            usage.enter();
            try {
                gpu.copyOut(target, pointer + offset);
            } finally {
                usage.leave();
            }
        }

        @Override
        public MemoryWindow window(long offset, int size) {
            Objects.checkFromIndexSize(offset, size, allocated);
            return new BounceWindow(this, offset, size);
        }

        @Override
        public void close() {
            usage.close();
        }
    }

    @Override
    public String toString() {
        return name();
    }
}
