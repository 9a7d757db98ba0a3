package dev.qlease.dmabuf;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.drm_gem_close;
import dev.qlease.ffi.uapi.drm_get_cap;
import dev.qlease.ffi.uapi.drm_mode_create_dumb;
import dev.qlease.ffi.uapi.drm_prime_handle;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Files;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Dumb buffers of a DRM device, exported by PRIME; drm(7), drm-memory(7). The driver of a graphics card allocates them
 * from the card's memory or from system memory. Immutable and thread-safe.
 */
public final class DrmDumbBuffer implements DmaBufProvider {
    private static final Path CARDS = Path.of("/dev/dri");

    /** Bytes per line, since dumb buffers are images. */
    private static final int WIDTH = 4096;

    private final Optional<Path> card;

    private DrmDumbBuffer(Optional<Path> card) {
        this.card = card;
    }

    /** Returns a provider for the first card below /dev/dri that can export its buffers. */
    public static DrmDumbBuffer anyCard() {
        return new DrmDumbBuffer(Optional.empty());
    }

    /** Returns a provider for one card, such as /dev/dri/card0. */
    public static DrmDumbBuffer card(Path device) {
        return new DrmDumbBuffer(Optional.of(device));
    }

    @Override
    public String name() {
        return card.map(path -> "drm " + path).orElse("drm");
    }

    @Override
    public DmaBuf allocate(long size) {
        LinuxException refusal = null;
        for (Path path : card.map(List::of).orElseGet(DrmDumbBuffer::cards)) {
            try {
                return allocate(path, size);
            } catch (LinuxException e) {
                if (refusal != null) {
                    e.addSuppressed(refusal);
                }
                refusal = e;
            }
        }
        throw refusal != null ? refusal : Devices.unsupported(name(), "there is no card below " + CARDS);
    }

    private static List<Path> cards() {
        List<Path> cards = new ArrayList<>();
        try (DirectoryStream<Path> found = java.nio.file.Files.newDirectoryStream(CARDS, "card*")) {
            found.forEach(cards::add);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException("list of " + CARDS, e);
        }
        cards.sort(null);
        return cards;
    }

    private DmaBuf allocate(Path path, long size) {
        long lines = Sizes.roundUp(size, WIDTH) / WIDTH;
        if (lines > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(name() + ": a buffer of " + size + " bytes is not possible");
        }
        try (FileDescriptor open = Devices.open(name(), path, "name another card");
                Arena arena = Arena.ofConfined()) {
            requireExport(open, path);
            MemorySegment dumb = drm_mode_create_dumb.allocate(arena);
            drm_mode_create_dumb.width(dumb, WIDTH);
            drm_mode_create_dumb.height(dumb, (int) lines);
            drm_mode_create_dumb.bpp(dumb, 8);
            LinuxException.check(
                    Files.ioctl(open.number(), Uapi.DRM_IOCTL_MODE_CREATE_DUMB(), dumb),
                    path + ": dumb buffer of " + size + " bytes");
            int handle = drm_mode_create_dumb.handle(dumb);
            try {
                return export(open, path, handle, size);
            } finally {
                MemorySegment close = drm_gem_close.allocate(arena);
                drm_gem_close.handle(close, handle);
                LinuxException.check(
                        Files.ioctl(open.number(), Uapi.DRM_IOCTL_GEM_CLOSE(), close), path + ": close of a handle");
            }
        }
    }

    private DmaBuf export(FileDescriptor open, Path path, int handle, long size) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment prime = drm_prime_handle.allocate(arena);
            drm_prime_handle.handle(prime, handle);
            drm_prime_handle.flags(prime, Uapi.DRM_CLOEXEC() | Uapi.DRM_RDWR());
            LinuxException.check(
                    Files.ioctl(open.number(), Uapi.DRM_IOCTL_PRIME_HANDLE_TO_FD(), prime),
                    path + ": export of a buffer");
            return DmaBuf.owning(
                    FileDescriptor.owning(drm_prime_handle.fd(prime), "dma-buf from " + path), "drm " + path, size);
        }
    }

    /** Checks for export only, since a card without displays does not report dumb buffers although it supports them. */
    private void requireExport(FileDescriptor open, Path path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cap = drm_get_cap.allocate(arena);
            drm_get_cap.capability(cap, Uapi.DRM_CAP_PRIME());
            int result = Files.ioctl(open.number(), Uapi.DRM_IOCTL_GET_CAP(), cap);
            if (result < 0 || (drm_get_cap.value(cap) & Uapi.DRM_PRIME_CAP_EXPORT()) == 0) {
                throw Devices.unsupported(name(), path + " cannot export its buffers");
            }
        }
    }

    @Override
    public String toString() {
        return name();
    }
}
