package dev.qlease.dmabuf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/**
 * A range of device memory that can be filled repeatedly, each time from its beginning. Filling allocates nothing. Not
 * thread-safe. The device must not access the range at the same time; see {@link DeviceMemory}.
 */
public interface MemoryWindow {
    /** Returns the size in bytes. */
    int size();

    /**
     * Reads once from {@code source}, directly into the memory if the CPU can map it.
     *
     * @return the number of bytes read, which may be fewer than {@link #size()}; -1 at the end of the source
     * @throws IOException if the source cannot be read
     */
    int fill(ReadableByteChannel source) throws IOException;

    /** Copies as many of the remaining bytes of {@code source} as there is room for; returns their number. */
    int fill(ByteBuffer source);
}
