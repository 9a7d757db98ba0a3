package dev.qlease.dmabuf;

import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
    private static final Path MEMINFO = Path.of("/proc/meminfo");
    private static final Pattern DEFAULT_SIZE = Pattern.compile("(?m)^Hugepagesize: *(\\d+) kB$");

    /** Supported by x86_64, and by arm64 with pages of any size, where the default size can be 32 or 512 MiB. */
    private static final long USUAL_SIZE = 2L << 20;

    /**
     * Returns the size in bytes of the huge pages that device memory is allocated in: 2 MiB if this kernel supports
     * them, otherwise its default size.
     */
    public static long size() {
        return size(POOLS, MEMINFO);
    }

    /**
     * As {@link #size()}, for other files.
     *
     * @param pools the directory that contains a directory for each size
     * @param meminfo the file that names the default size; proc_meminfo(5)
     */
    public static long size(Path pools, Path meminfo) {
        if (of(pools, USUAL_SIZE).isPresent()) {
            return USUAL_SIZE;
        }
        Matcher size = DEFAULT_SIZE.matcher(KernelFiles.find(meminfo).orElse(""));
        return size.find() ? Long.parseLong(size.group(1)) << 10 : USUAL_SIZE;
    }

    /** Formats a size of huge pages, such as {@code 2 MiB}. */
    public static String text(long pageSize) {
        return (pageSize >> 20) + " MiB";
    }

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
