package dev.qlease.dmabuf;

import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The kernel's pool of huge pages of one size; Documentation/admin-guide/mm/hugetlbpage.rst. {@code vm.nr_hugepages}
 * refers to the pool of the default size, which may be another one.
 *
 * @param directory the directory of the pool in sysfs
 * @param total number of pages in the pool
 * @param free number of pages that are neither in use nor reserved
 */
public record HugePages(Path directory, long total, long free) {
    private static final Path POOLS = Path.of("/sys/kernel/mm/hugepages");

    /**
     * Returns the pool of huge pages of this size; empty if this kernel does not support the size.
     *
     * @param pageSize size of a page in bytes
     * @throws LinuxException if the files of the pool cannot be read
     */
    public static Optional<HugePages> of(long pageSize) {
        return of(POOLS, pageSize);
    }

    /**
     * As {@link #of(long)}, for another directory.
     *
     * @param pools the directory that contains a directory for each size
     */
    public static Optional<HugePages> of(Path pools, long pageSize) {
        Path directory = pools.resolve("hugepages-" + (pageSize >> 10) + "kB");
        Optional<String> total = KernelFiles.find(directory.resolve("nr_hugepages"));
        if (total.isEmpty()) {
            return Optional.empty();
        }
        long free = count(directory, "free_hugepages") - count(directory, "resv_hugepages");
        return Optional.of(new HugePages(directory, Long.parseLong(total.get()), Math.max(free, 0)));
    }

    private static long count(Path directory, String file) {
        return Long.parseLong(KernelFiles.read(directory.resolve(file)));
    }

    /** Returns the shell command that makes the pool large enough for {@code pages} free pages. */
    public String reserve(long pages) {
        return "echo " + (total + Math.max(pages - free, 0)) + " >" + directory.resolve("nr_hugepages");
    }
}
