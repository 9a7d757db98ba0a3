package dev.qlease.dmabuf;

import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;

/**
 * A dma-buf that somebody else made: a descriptor inherited from the parent process, or received over a unix socket by
 * {@link FileDescriptor#receiveFrom}. It stays its owner's; each dma-buf made of it has a copy.
 *
 * @param descriptor the dma-buf
 */
public record HandedIn(FileDescriptor descriptor) implements DmaBufProvider {
    @Override
    public String name() {
        return "fd:" + descriptor.number();
    }

    /** {@inheritDoc} Its size is what it is: ENOSPC if that is less. */
    @Override
    public DmaBuf allocate(long size) {
        DmaBuf dmaBuf = DmaBuf.owning(descriptor.dup(), name());
        if (dmaBuf.size() < size) {
            dmaBuf.close();
            throw new LinuxException(
                    name(), Errno.ENOSPC.number(), "it has " + dmaBuf.size() + " bytes and " + size + " are needed");
        }
        return dmaBuf;
    }
}
