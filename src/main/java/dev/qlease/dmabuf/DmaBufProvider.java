package dev.qlease.dmabuf;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import java.util.List;

/**
 * A source of dma-bufs. Providers are created by static factories named for the memory: {@link Udmabuf#pages()}, {@link
 * Udmabuf#hugePages()}, {@link DmaHeap#system()}, {@link DmaHeap#named}, {@link DrmDumbBuffer#anyCard()}, {@link
 * DrmDumbBuffer#card}, {@link GpuMemory#cuda()}, {@link GpuMemory#hip()} and {@link HandedIn#of}. Implementations are
 * thread-safe.
 */
public interface DmaBufProvider {
    /** Returns the name for messages, such as {@code udmabuf}. */
    String name();

    /**
     * Allocates a dma-buf of {@code size} bytes, rounded up to the granularity of the provider. {@link
     * DmaBuf#requestedSize()} and {@link DmaBuf#size()} return both sizes. The dma-buf is owned by the caller.
     *
     * @param size size in bytes, at least 1
     * @throws UnsupportedException if this machine does not have the provider; the message names what is missing
     * @throws LinuxException if the provider refuses
     */
    DmaBuf allocate(long size);

    /**
     * Returns all providers that need no further parameters, in order of preference: device memory first, udmabuf last.
     */
    static List<DmaBufProvider> all() {
        return List.of(GpuMemory.cuda(), GpuMemory.hip(), DrmDumbBuffer.anyCard(), DmaHeap.system(), Udmabuf.pages());
    }
}
