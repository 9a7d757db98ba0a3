package dev.qlease.dmabuf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/**
 * A stretch of device memory that is filled from its beginning, over and over. Filling allocates nothing. For one thread at
 * a time; as {@link DeviceMemory} for what the device does meanwhile.
 */
public interface MemoryWindow {
    /** Bytes that it has room for. */
    int size();

    /**
     * Reads once from {@code source}, straight into the memory where the CPU can reach it.
     *
     * @return how many bytes, which may be fewer than there is room for; -1 at the end
     * @throws IOException if the source cannot be read
     */
    int fill(ReadableByteChannel source) throws IOException;

    /** Copies as many of the bytes that remain in {@code source} as there is room for; answers how many. */
    int fill(ByteBuffer source);
}
