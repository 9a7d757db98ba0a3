package dev.qlease.dmabuf;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** Ordinary shared memory in a dma-buf's stead, for machines that make none: what it lacks is only the device. */
public final class PlainMemory {
    private final DmaBuf dmaBuf;
    private final MemorySegment mapping;

    private PlainMemory(DmaBuf dmaBuf, MemorySegment mapping) {
        this.dmaBuf = dmaBuf;
        this.mapping = mapping;
    }

    /** Allocates memory, mapped until {@code arena} closes. */
    public static PlainMemory allocate(Arena arena, long size) {
        int fd = LinuxException.check(
                Files.memfdCreate(arena.allocateFrom("plain"), Uapi.MFD_CLOEXEC()), "memfd_create");
        FileDescriptor memfd = FileDescriptor.owning(fd, "memfd");
        LinuxException.check(Files.ftruncate(fd, size), "ftruncate");
        MemorySegment mapping =
                Memory.map(arena, size, Libc.PROT_READ() | Libc.PROT_WRITE(), Libc.MAP_SHARED(), fd, "mmap of a memfd");
        return new PlainMemory(DmaBuf.owning(memfd, "memfd", size, new Mapped(mapping)), mapping);
    }

    public DmaBuf dmaBuf() {
        return dmaBuf;
    }

    public long address() {
        return mapping.address();
    }

    private record Mapped(MemorySegment mapping) implements DeviceMemory {
        @Override
        public void write(long offset, MemorySegment source) {
            mapping.asSlice(offset, source.byteSize()).copyFrom(source);
        }

        @Override
        public void read(long offset, MemorySegment target) {
            target.copyFrom(mapping.asSlice(offset, target.byteSize()));
        }

        @Override
        public MemoryWindow window(long offset, int length) {
            ByteBuffer bytes = mapping.asSlice(offset, length).asByteBuffer();
            return new MemoryWindow() {
                @Override
                public int size() {
                    return length;
                }

                @Override
                public int fill(ReadableByteChannel source) throws java.io.IOException {
                    return source.read(bytes.clear());
                }

                @Override
                public int fill(ByteBuffer source) {
                    int some = Math.min(source.remaining(), length);
                    bytes.clear().put(0, source, source.position(), some);
                    source.position(source.position() + some);
                    return some;
                }
            };
        }

        @Override
        public void close() {
            // The mapping is the arena's.
        }
    }
}
