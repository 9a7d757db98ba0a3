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
 * Dma-bufs made of ordinary memory, on any machine: udmabuf, linux/udmabuf.h. The memory is a memfd's, sealed against
 * shrinking.
 *
 * @param pageSize bytes of the memory's pages: the system's, or 2 MiB, which takes reserved huge pages (vm.nr_hugepages)
 *     and which receiving in pieces larger than a page needs
 */
public record Udmabuf(long pageSize) implements DmaBufProvider {
    private static final Path DEVICE = Path.of("/dev/udmabuf");
    private static final Path PARAMETERS = Path.of("/sys/module/udmabuf/parameters");

    /** Refuses page sizes that there are not. */
    public Udmabuf {
        if (pageSize != Sizes.PAGE && pageSize != Sizes.HUGE_PAGE) {
            throw new IllegalArgumentException(
                    "udmabuf is of pages of " + Sizes.PAGE + " or " + Sizes.HUGE_PAGE + " bytes, not " + pageSize);
        }
    }

    /** Of the system's pages. */
    public static Udmabuf pages() {
        return new Udmabuf(Sizes.PAGE);
    }

    /** Of 2 MiB pages. */
    public static Udmabuf hugePages() {
        return new Udmabuf(Sizes.HUGE_PAGE);
    }

    /**
     * A stretch of a memfd.
     *
     * @param memfd sealed against shrinking (F_SEAL_SHRINK), not against writing
     * @param offset where it begins, a multiple of the page size
     * @param size its bytes, a multiple of the page size
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
            return create(device, Uapi.UDMABUF_CREATE(), request, rounded);
        }
    }

    /**
     * Makes one dma-buf of several pieces, in their order (UDMABUF_CREATE_LIST). The memfds stay their owners'.
     *
     * @throws LinuxException EINVAL if a piece is not sealed as it must be, not aligned, or there are more than the
     *     module's list_limit
     */
    public DmaBuf gather(List<Piece> pieces) {
        long total = pieces.stream().mapToLong(Piece::size).sum();
        checkLimit(total);
        parameter("list_limit").ifPresent(limit -> {
            if (pieces.size() > limit) {
                throw new LinuxException(
                        name(),
                        Errno.EINVAL.number(),
                        pieces.size() + " pieces are more than the list_limit of " + limit);
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
            return create(device, Uapi.UDMABUF_CREATE_LIST(), request, total);
        }
    }

    private FileDescriptor open() {
        return Devices.open(name(), DEVICE, "load the udmabuf module (CONFIG_UDMABUF)");
    }

    private DmaBuf create(FileDescriptor device, long command, MemorySegment request, long size) {
        String operation = name() + ": make a dma-buf of " + size + " bytes";
        int fd = Files.ioctl(device.number(), command, request);
        if (fd == -Errno.ENOMEM.number() && pageSize == Sizes.HUGE_PAGE) {
            throw new LinuxException(
                    operation,
                    -fd,
                    "it takes " + size / pageSize
                            + " free huge pages of 2 MiB: sysctl -w vm.nr_hugepages=N reserves N in all");
        }
        LinuxException.check(fd, operation);
        return DmaBuf.owning(FileDescriptor.owning(fd, "dma-buf from " + name()), name());
    }

    private FileDescriptor memfd(long size) {
        int flags = Uapi.MFD_CLOEXEC() | Uapi.MFD_ALLOW_SEALING();
        if (pageSize == Sizes.HUGE_PAGE) {
            flags |= Uapi.MFD_HUGETLB() | Uapi.MFD_HUGE_2MB();
        }
        FileDescriptor memfd;
        try (Arena arena = Arena.ofConfined()) {
            memfd = FileDescriptor.owning(
                    LinuxException.check(Files.memfdCreate(arena.allocateFrom("qlease"), flags), "memfd_create"),
                    "memfd");
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
                        size + " bytes are more than the module's size_limit_mb of " + limit
                                + ": write a larger one to " + PARAMETERS.resolve("size_limit_mb"));
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
}
