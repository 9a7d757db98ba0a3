package dev.qlease.dmabuf;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import java.util.List;

/** One place that dma-bufs come from. Implementations are safe for use by many threads. */
public interface DmaBufProvider {
    /** What people call it, such as {@code udmabuf}. */
    String name();

    /**
     * Makes a dma-buf of at least {@code size} bytes, rounded up to what the provider hands out; the caller closes it.
     *
     * @param size bytes, at least 1
     * @throws UnsupportedException if this machine does not have the provider, with a sentence that says what is missing
     * @throws LinuxException if it refuses
     */
    DmaBuf allocate(long size);

    /** Those that can be there without being told more, the ones that save most first, and udmabuf last. */
    static List<DmaBufProvider> all() {
        return List.of(GpuMemory.cuda(), GpuMemory.hip(), new DrmDumbBuffer(), new DmaHeap(), Udmabuf.pages());
    }
}
