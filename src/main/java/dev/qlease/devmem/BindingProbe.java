package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netdev.DmaBufBinding;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * Asks the kernel to bind a file that is not a dma-buf. If the device supports binding, the kernel gets as far as
 * looking at the file and fails with EINVAL; otherwise it fails earlier, with another error.
 */
final class BindingProbe {
    private static final Path NO_DMA_BUF = Path.of("/dev/null");

    private BindingProbe() {}

    /**
     * Returns normally if the kernel got as far as looking at the file.
     *
     * @throws UnsupportedException if the kernel or the driver does not support it
     * @throws LinuxException if the kernel refuses for another reason
     * @throws IllegalStateException if the kernel bound the file
     */
    static void check(Function<FileDescriptor, DmaBufBinding> binding) {
        try (FileDescriptor file = FileDescriptor.open(NO_DMA_BUF, Libc.O_RDONLY());
                DmaBufBinding bound = binding.apply(file)) {
            throw new IllegalStateException("the kernel bound " + NO_DMA_BUF + " as " + bound);
        } catch (UnsupportedException e) {
            throw e;
        } catch (LinuxException e) {
            if (!e.is(Errno.EINVAL)) {
                throw e;
            }
        }
    }
}
