package dev.qlease.cli.transfer;

import dev.qlease.cli.args.Values;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.KernelText;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much memory this process can still allocate before the OOM killer ends a process: the machine's available memory,
 * and what the limits of the process's cgroup and its ancestors leave.
 *
 * @param bytes the available memory
 * @param limit what limits it, as the end of a sentence
 */
record AvailableMemory(long bytes, String limit) {
    private static final Path PROC = Path.of("/proc");
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");
    private static final Pattern AVAILABLE = Pattern.compile("^MemAvailable: +(\\d+) kB$", Pattern.MULTILINE);
    private static final Pattern UNIFIED = Pattern.compile("^0::(/.*)$", Pattern.MULTILINE);
    private static final Pattern MEMORY =
            Pattern.compile("^\\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(/.*)$", Pattern.MULTILINE);

    /** File names in a cgroup: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst. */
    private record Names(String limit, String usage, String reclaimable) {
        static final Names V2 = new Names("memory.max", "memory.current", "inactive_file");
        static final Names V1 = new Names("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
    }

    /** Returns the memory available now; empty if it cannot be determined. */
    static Optional<AvailableMemory> now() {
        return now(PROC, CGROUPS);
    }

    /** As {@link #now()}, with /proc and the cgroup file systems in these directories. */
    static Optional<AvailableMemory> now(Path proc, Path cgroups) {
        Optional<AvailableMemory> least = machine(proc);
        String membership = KernelFiles.find(proc.resolve("self/cgroup")).orElse("");
        Matcher unified = UNIFIED.matcher(membership);
        if (unified.find()) {
            least = least(least, cgroups, unified.group(1), Names.V2);
        }
        Matcher memory = MEMORY.matcher(membership);
        return memory.find() ? least(least, cgroups.resolve("memory"), memory.group(1), Names.V1) : least;
    }

    private static Optional<AvailableMemory> machine(Path proc) {
        Matcher available =
                AVAILABLE.matcher(KernelFiles.find(proc.resolve("meminfo")).orElse(""));
        return available.find()
                ? Optional.of(
                        new AvailableMemory(Long.parseLong(available.group(1)) << 10, "this machine has available"))
                : Optional.empty();
    }

    /** In a container, {@code path} may lead out of the mount: the cgroup at {@code top} is the container's then. */
    private static Optional<AvailableMemory> least(
            Optional<AvailableMemory> known, Path top, String path, Names names) {
        Optional<AvailableMemory> least = known;
        Path named = top.resolve(KernelText.path(path.substring(1))).normalize();
        Path group = named.startsWith(top) ? named : top;
        while (group != null && group.startsWith(top)) {
            Optional<AvailableMemory> here = left(group, names);
            if (here.isPresent()
                    && (least.isEmpty() || here.get().bytes() < least.get().bytes())) {
                least = here;
            }
            group = group.getParent();
        }
        return least;
    }

    private static Optional<AvailableMemory> left(Path group, Names names) {
        try {
            Optional<String> limit = KernelFiles.find(group.resolve(names.limit()));
            if (limit.isEmpty() || limit.get().equals("max")) {
                return Optional.empty();
            }
            long used = Long.parseLong(KernelFiles.read(group.resolve(names.usage())));
            Matcher reclaimable = Pattern.compile("^" + names.reclaimable() + " (\\d+)$", Pattern.MULTILINE)
                    .matcher(KernelFiles.find(group.resolve("memory.stat")).orElse(""));
            long freed = reclaimable.find() ? Long.parseLong(reclaimable.group(1)) : 0;
            long left = Math.max(0, Long.parseLong(limit.get()) - used + freed);
            return Optional.of(new AvailableMemory(left, "the limit of its cgroup leaves (" + group + ")"));
        } catch (LinuxException | NumberFormatException e) {
            // No limit is known of a cgroup that may not be read, or is gone.
            return Optional.empty();
        }
    }

    /**
     * Refuses a dma-buf in ordinary memory that is larger than what is available.
     *
     * @throws CommandException if {@code wanted} bytes are not available
     */
    static void require(long wanted) {
        Optional<AvailableMemory> there = now();
        if (there.isPresent() && wanted > there.get().bytes()) {
            throw new CommandException(
                    ExitCode.FAILED,
                    "a dma-buf of " + Values.text(wanted) + " is more than the "
                            + (there.get().bytes() >> 10) + "K of memory that "
                            + there.get().limit() + ": make --size or --chunk smaller");
        }
    }
}
