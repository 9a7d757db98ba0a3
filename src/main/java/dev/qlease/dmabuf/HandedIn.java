package dev.qlease.dmabuf;

import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;

/**
 * An existing dma-buf: its descriptor was inherited from the parent process, or received over a Unix socket by {@link
 * FileDescriptor#receiveFrom}. The descriptor remains owned by the caller; each dma-buf allocated from this provider
 * has a duplicate. Thread-safe.
 */
public final class HandedIn implements DmaBufProvider {
    private final FileDescriptor descriptor;

    private HandedIn(FileDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /** Returns a provider for the dma-buf of {@code descriptor}, which remains owned by the caller. */
    public static HandedIn of(FileDescriptor descriptor) {
        return new HandedIn(descriptor);
    }

    @Override
    public String name() {
        return "fd:" + descriptor.number();
    }

    /** {@inheritDoc} The size of the dma-buf is fixed: fails with ENOSPC if it is less than {@code size}. */
    @Override
    public DmaBuf allocate(long size) {
        DmaBuf dmaBuf = DmaBuf.owning(descriptor.dup(), name(), size);
        if (dmaBuf.size() < size) {
            dmaBuf.close();
            throw new LinuxException(
                    name(),
                    Errno.ENOSPC.number(),
                    "the dma-buf has " + dmaBuf.size() + " bytes, but " + size + " are needed");
        }
        return dmaBuf;
    }

    @Override
    public String toString() {
        return name();
    }
}
