package dev.qlease.dmabuf;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.udmabuf_create;
import dev.qlease.ffi.uapi.udmabuf_create_item;
import dev.qlease.ffi.uapi.udmabuf_create_list;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Files;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * Creates dma-bufs from ordinary memory, on any machine: udmabuf, linux/udmabuf.h. The memory is a memfd's, sealed
 * against shrinking. Immutable and thread-safe.
 */
public final class Udmabuf implements DmaBufProvider {
    private static final Path DEVICE = Path.of("/dev/udmabuf");
    private static final Path PARAMETERS = Path.of("/sys/module/udmabuf/parameters");

    private final long pageSize;

    private Udmabuf(long pageSize) {
        this.pageSize = pageSize;
    }

    /** Returns a provider for memory in pages of the system's size. */
    public static Udmabuf pages() {
        return new Udmabuf(Sizes.PAGE);
    }

    /**
     * Returns a provider for memory in huge pages, as required to receive in pieces larger than a page. Their size is
     * {@link HugePages#size()}; they must have been reserved.
     */
    public static Udmabuf hugePages() {
        return new Udmabuf(HugePages.size());
    }

    /** Returns the page size of the memory in bytes. */
    public long pageSize() {
        return pageSize;
    }

    /**
     * A range of a memfd.
     *
     * @param memfd must be sealed against shrinking (F_SEAL_SHRINK), but not against writing
     * @param offset where the range begins, a multiple of the page size
     * @param size its size in bytes, a multiple of the page size
     */
    public record Piece(FileDescriptor memfd, long offset, long size) {}

    @Override
    public String name() {
        return pageSize == Sizes.PAGE ? "udmabuf" : "udmabuf of huge pages";
    }

    @Override
    public DmaBuf allocate(long size) {
        long rounded = Sizes.roundUp(size, pageSize);
        checkLimit(rounded);
        try (FileDescriptor device = open();
                FileDescriptor memfd = memfd(rounded);
                Arena arena = Arena.ofConfined()) {
            MemorySegment request = udmabuf_create.allocate(arena);
            udmabuf_create.memfd(request, memfd.number());
            udmabuf_create.flags(request, Uapi.UDMABUF_FLAGS_CLOEXEC());
            udmabuf_create.size(request, rounded);
            return create(device, Uapi.UDMABUF_CREATE(), request, rounded, size);
        }
    }

    /**
     * Creates one dma-buf from several pieces, in the given order (UDMABUF_CREATE_LIST). The memfds remain owned by the
     * caller.
     *
     * @throws LinuxException EINVAL if a piece is not sealed as required or not aligned, or if there are more pieces
     *     than the module's list_limit
     */
    public DmaBuf gather(List<Piece> pieces) {
        long total = pieces.stream().mapToLong(Piece::size).sum();
        checkLimit(total);
        parameter("list_limit").ifPresent(limit -> {
            if (pieces.size() > limit) {
                throw new LinuxException(
                        name(),
                        Errno.EINVAL.number(),
                        pieces.size() + " pieces exceed the module's list_limit of " + limit);
            }
        });
        try (FileDescriptor device = open();
                Arena arena = Arena.ofConfined()) {
            long items = udmabuf_create_list.sizeof();
            MemorySegment request = arena.allocate(items + pieces.size() * udmabuf_create_item.sizeof(), 8);
            udmabuf_create_list.flags(request, Uapi.UDMABUF_FLAGS_CLOEXEC());
            udmabuf_create_list.count(request, pieces.size());
            for (int i = 0; i < pieces.size(); i++) {
                MemorySegment item = udmabuf_create_item.asSlice(request.asSlice(items), i);
                udmabuf_create_item.memfd(item, pieces.get(i).memfd().number());
                udmabuf_create_item.offset(item, pieces.get(i).offset());
                udmabuf_create_item.size(item, pieces.get(i).size());
            }
            return create(device, Uapi.UDMABUF_CREATE_LIST(), request, total, total);
        }
    }

    private FileDescriptor open() {
        return Devices.open(name(), DEVICE, "load the udmabuf module (CONFIG_UDMABUF)");
    }

    private DmaBuf create(FileDescriptor device, long command, MemorySegment request, long size, long requested) {
        String operation = name() + ": make a dma-buf of " + size + " bytes";
        int fd = Files.ioctl(device.number(), command, request);
        if (fd == -Errno.ENOMEM.number() && pageSize != Sizes.PAGE) {
            throw new LinuxException(operation, -fd, shortage(size / pageSize));
        }
        LinuxException.check(fd, operation);
        return DmaBuf.owning(FileDescriptor.owning(fd, "dma-buf from " + name()), name(), requested);
    }

    private String shortage(long pages) {
        String sentence = "it requires " + pages + " free huge pages of " + HugePages.text(pageSize);
        try {
            return HugePages.of(pageSize)
                    .map(pool -> sentence + ", but only " + pool.free() + " are free: " + pool.reserve(pages))
                    .orElse(sentence);
        } catch (LinuxException e) {
            return sentence + ": " + e.getMessage();
        }
    }

    private FileDescriptor memfd(long size) {
        int flags = Uapi.MFD_CLOEXEC() | Uapi.MFD_ALLOW_SEALING();
        if (pageSize != Sizes.PAGE) {
            flags |= Uapi.MFD_HUGETLB() | Long.numberOfTrailingZeros(pageSize) << Uapi.MFD_HUGE_SHIFT();
        }
        FileDescriptor memfd;
        try (Arena arena = Arena.ofConfined()) {
            int fd = Files.memfdCreate(arena.allocateFrom("qlease"), flags);
            if (fd == -Errno.ENODEV.number() && pageSize != Sizes.PAGE) {
                throw Devices.unsupported(name(), "this kernel has no huge pages of " + HugePages.text(pageSize));
            }
            memfd = FileDescriptor.owning(LinuxException.check(fd, "memfd_create"), "memfd");
        }
        try {
            LinuxException.check(Files.ftruncate(memfd.number(), size), name() + ": memory of " + size + " bytes");
            LinuxException.check(
                    Files.fcntl(memfd.number(), Libc.F_ADD_SEALS(), Libc.F_SEAL_SHRINK()), "seal of a memfd");
            return memfd;
        } catch (RuntimeException e) {
            memfd.close();
            throw e;
        }
    }

    private void checkLimit(long size) {
        parameter("size_limit_mb").ifPresent(limit -> {
            if (size > limit << 20) {
                throw new LinuxException(
                        name(),
                        Errno.EINVAL.number(),
                        size + " bytes exceed the module's size_limit_mb of " + limit + ": write a larger limit to "
                                + PARAMETERS.resolve("size_limit_mb"));
            }
        });
    }

    private static OptionalLong parameter(String name) {
        try {
            return OptionalLong.of(Long.parseLong(
                    java.nio.file.Files.readString(PARAMETERS.resolve(name)).strip()));
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    @Override
    public String toString() {
        return name();
    }
}
