package dev.qlease.dmabuf;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Files;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;

/**
 * A dma-buf: memory that devices and processes share by a descriptor.
 *
 * <p>Owns the descriptor. Closing this gives up this process's hold on the memory; bindings and mappings made of it before
 * have holds of their own. What a provider needs to keep the memory alive beside the descriptor is freed with it. Safe for
 * use by many threads.
 */
public final class DmaBuf implements AutoCloseable {
    private final FileDescriptor descriptor;
    private final String provider;
    private final long size;
    private final DeviceMemory memory;

    private DmaBuf(FileDescriptor descriptor, String provider, long size, DeviceMemory memory) {
        this.descriptor = descriptor;
        this.provider = provider;
        this.size = size;
        this.memory = memory;
    }

    /**
     * Takes over a dma-buf's descriptor, whose memory the CPU reaches by mapping it.
     *
     * @param provider who made it, for people to read
     * @throws LinuxException ESPIPE or EINVAL if it is no dma-buf's; the descriptor is closed then
     */
    public static DmaBuf owning(FileDescriptor descriptor, String provider) {
        try {
            long size = sizeOf(descriptor, provider);
            return new DmaBuf(descriptor, provider, size, new MappedMemory(descriptor, size));
        } catch (RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    /** Takes over a descriptor and the memory behind it, which the provider's own calls read and write. */
    static DmaBuf owning(FileDescriptor descriptor, String provider, DeviceMemory memory) {
        try {
            return new DmaBuf(descriptor, provider, sizeOf(descriptor, provider), memory);
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

    /** The descriptor, which goes on belonging to this. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /** Who made it: {@code udmabuf}, {@code dma-heap system} and so on. */
    public String provider() {
        return provider;
    }

    /** Bytes, a multiple of the page size. */
    public long size() {
        return size;
    }

    /** How the CPU reads and writes it. It goes on belonging to this. */
    public DeviceMemory memory() {
        return memory;
    }

    /**
     * Gives it a name that the kernel shows in /proc/PID/fdinfo and debugfs; at most 31 bytes.
     *
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

    /** Gives the memory up. Does nothing again. */
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
