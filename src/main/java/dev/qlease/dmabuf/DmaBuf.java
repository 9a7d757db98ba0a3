package dev.qlease.dmabuf;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Files;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;

/**
 * A dma-buf: memory that devices and processes share through a file descriptor.
 *
 * <p>Owns the descriptor. Closing drops this object's reference to the memory; existing bindings and mappings hold
 * references of their own. Other resources with which the provider keeps the memory alive are released together with
 * the descriptor. Thread-safe.
 */
public final class DmaBuf implements AutoCloseable {
    /** The requested size that stands for the whole dma-buf. */
    private static final long ALL = 0;

    private final FileDescriptor descriptor;
    private final String provider;
    private final long requestedSize;
    private final long size;
    private final DeviceMemory memory;

    private DmaBuf(FileDescriptor descriptor, String provider, long requestedSize, long size, DeviceMemory memory) {
        this.descriptor = descriptor;
        this.provider = provider;
        this.requestedSize = requestedSize;
        this.size = size;
        this.memory = memory;
    }

    /**
     * Creates a dma-buf that owns {@code descriptor}; the CPU accesses its memory through a mapping.
     *
     * @param provider the name of the provider that created the dma-buf, for messages
     * @throws LinuxException ESPIPE or EINVAL if {@code descriptor} does not refer to a dma-buf; it is then closed
     */
    public static DmaBuf owning(FileDescriptor descriptor, String provider) {
        return owning(descriptor, provider, ALL);
    }

    /** As {@link #owning(FileDescriptor, String)}, for a dma-buf requested with {@code requestedSize} bytes. */
    static DmaBuf owning(FileDescriptor descriptor, String provider, long requestedSize) {
        try {
            long size = sizeOf(descriptor, provider);
            long requested = requestedSize == ALL ? size : requestedSize;
            return new DmaBuf(descriptor, provider, requested, size, new MappedMemory(descriptor, size));
        } catch (RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    /**
     * Creates a dma-buf that owns {@code descriptor} and {@code memory}, for a provider with its own functions for
     * reading and writing the memory.
     */
    static DmaBuf owning(FileDescriptor descriptor, String provider, long requestedSize, DeviceMemory memory) {
        try {
            return new DmaBuf(descriptor, provider, requestedSize, sizeOf(descriptor, provider), memory);
        } catch (RuntimeException e) {
            descriptor.close();
            memory.close();
            throw e;
        }
    }

    private static long sizeOf(FileDescriptor descriptor, String provider) {
        int fd = descriptor.use();
        try {
            return LinuxException.check(Files.lseek(fd, 0, Files.SEEK_END), "size of a dma-buf from " + provider);
        } finally {
            descriptor.release();
        }
    }

    /** Returns the descriptor. Remains owned by this object; do not close it. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /** Returns the name of the provider of the dma-buf, such as {@code udmabuf} or {@code dma-heap system}. */
    public String provider() {
        return provider;
    }

    /** Returns the number of bytes that were requested, at most {@link #size()}. */
    public long requestedSize() {
        return requestedSize;
    }

    /** Returns the number of bytes that were allocated, all of which can be used. */
    public long size() {
        return size;
    }

    /** Returns the object through which the CPU reads and writes the memory. Owned by this object; do not close it. */
    public DeviceMemory memory() {
        return memory;
    }

    /**
     * Sets the name of the dma-buf that the kernel shows in /proc/PID/fdinfo and debugfs.
     *
     * @param name the name, at most 31 bytes in UTF-8
     * @throws IllegalArgumentException if the name is too long
     * @throws LinuxException if the kernel refuses
     */
    public void name(String name) {
        if (name.getBytes(StandardCharsets.UTF_8).length >= Uapi.DMA_BUF_NAME_LEN()) {
            throw new IllegalArgumentException(
                    "a dma-buf's name has at most " + (Uapi.DMA_BUF_NAME_LEN() - 1) + " bytes, not \"" + name + "\"");
        }
        int fd = descriptor.use();
        try (Arena arena = Arena.ofConfined()) {
            LinuxException.check(
                    Files.ioctl(fd, Uapi.DMA_BUF_SET_NAME_B(), arena.allocateFrom(name)), "DMA_BUF_SET_NAME " + name);
        } finally {
            descriptor.release();
        }
    }

    /** Drops this object's reference to the memory. Idempotent. */
    @Override
    public void close() {
        memory.close();
        descriptor.close();
    }

    @Override
    public String toString() {
        return size + " bytes from " + provider;
    }
}
