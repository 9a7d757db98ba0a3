package dev.qlease.dmabuf;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.dma_buf_sync;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.Memory;
import dev.qlease.linux.sys.Usage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a dma-buf that is mapped at its first use. Every access is bracketed by DMA_BUF_IOCTL_SYNC start and
 * end. Otherwise the CPU's caches could hide what the device has written, or keep from the device what the CPU has
 * written.
 */
final class MappedMemory implements DeviceMemory {
    private final FileDescriptor descriptor;
    private final long size;
    private final Arena arena;
    private final Usage usage;
    private final MemorySegment startRead;
    private final MemorySegment endRead;
    private final MemorySegment startWrite;
    private final MemorySegment endWrite;

    private volatile @Nullable MemorySegment mapping;

    @SuppressWarnings("MustBeClosedChecker") // the last user after close() closes the arena
    MappedMemory(FileDescriptor descriptor, long size) {
        this.descriptor = descriptor;
        this.size = size;
        this.arena = Arena.ofShared();
        this.usage = new Usage("the mapping of a dma-buf", arena::close);
        this.startRead = sync(Uapi.DMA_BUF_SYNC_START() | Uapi.DMA_BUF_SYNC_READ());
        this.endRead = sync(Uapi.DMA_BUF_SYNC_END() | Uapi.DMA_BUF_SYNC_READ());
        this.startWrite = sync(Uapi.DMA_BUF_SYNC_START() | Uapi.DMA_BUF_SYNC_WRITE());
        this.endWrite = sync(Uapi.DMA_BUF_SYNC_END() | Uapi.DMA_BUF_SYNC_WRITE());
    }

    private MemorySegment sync(int flags) {
        MemorySegment sync = dma_buf_sync.allocate(arena);
        dma_buf_sync.flags(sync, flags);
        return sync;
    }

    @Override
    public void write(long offset, MemorySegment source) {
        usage.enter();
        try {
            MemorySegment target = mapped().asSlice(offset, source.byteSize());
            synchronize(startWrite);
            try {
                target.copyFrom(source);
            } finally {
                synchronize(endWrite);
            }
        } finally {
            usage.leave();
        }
    }

    @Override
    public void read(long offset, MemorySegment target) {
        usage.enter();
        try {
            MemorySegment source = mapped().asSlice(offset, target.byteSize());
            synchronize(startRead);
            try {
                target.copyFrom(source);
            } finally {
                synchronize(endRead);
            }
        } finally {
            usage.leave();
        }
    }

    @Override
    public void read(long[] offsets, int[] lengths, int from, int count, MemorySegment target) {
        usage.enter();
        try {
            MemorySegment source = mapped();
            synchronize(startRead);
            try {
                long at = 0;
                for (int i = from; i < from + count; i++) {
                    MemorySegment.copy(source, offsets[i], target, at, lengths[i]);
                    at += lengths[i];
                }
            } finally {
                synchronize(endRead);
            }
        } finally {
            usage.leave();
        }
    }

    @Override
    public MemoryWindow window(long offset, int length) {
        usage.enter();
        try {
            return new Window(mapped().asSlice(offset, length).asByteBuffer());
        } finally {
            usage.leave();
        }
    }

    /**
     * A window that is filled in place. The sync bracket stays open while the read waits. That excludes no other
     * access, since the brackets are not a lock; only the end must come before the device reads.
     */
    private final class Window implements MemoryWindow {
        private final ByteBuffer bytes;

        Window(ByteBuffer bytes) {
            this.bytes = bytes;
        }

        @Override
        public int size() {
            return bytes.capacity();
        }

        @Override
        public int fill(ReadableByteChannel source) throws IOException {
            usage.enter();
            try {
                synchronize(startWrite);
                try {
                    return source.read(bytes.clear());
                } finally {
                    synchronize(endWrite);
                }
            } finally {
                usage.leave();
            }
        }

        @Override
        public int fill(ByteBuffer source) {
            int length = Math.min(source.remaining(), size());
            usage.enter();
            try {
                synchronize(startWrite);
                try {
                    bytes.clear().put(0, source, source.position(), length);
                } finally {
                    synchronize(endWrite);
                }
            } finally {
                usage.leave();
            }
            source.position(source.position() + length);
            return length;
        }
    }

    private void synchronize(MemorySegment sync) {
        int fd = descriptor.use();
        try {
            LinuxException.check(Files.ioctl(fd, Uapi.DMA_BUF_IOCTL_SYNC(), sync), "DMA_BUF_IOCTL_SYNC");
        } finally {
            descriptor.release();
        }
    }

    private MemorySegment mapped() {
        MemorySegment known = mapping;
        return known != null ? known : map();
    }

    private synchronized MemorySegment map() {
        MemorySegment known = mapping;
        if (known == null) {
            int fd = descriptor.use();
            try {
                known = Memory.map(
                        arena, size, Libc.PROT_READ() | Libc.PROT_WRITE(), Libc.MAP_SHARED(), fd, "mmap of a dma-buf");
            } finally {
                descriptor.release();
            }
            mapping = known;
        }
        return known;
    }

    @Override
    public void close() {
        usage.close();
    }
}
