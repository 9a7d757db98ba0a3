package dev.qlease.bpf;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Processes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/** The BPF file system, whose files hold programs and links for longer than processes do. */
public final class BpfFileSystem {
    /** Where it is mounted by custom. */
    public static final Path DIRECTORY = Path.of("/sys/fs/bpf");

    private static final String TYPE = "bpf";

    private BpfFileSystem() {}

    /** Whether it is mounted at {@link #DIRECTORY}, in this process's view of the files. */
    public static boolean isMounted() {
        try {
            // Of what is mounted upon each other at one place, the last line counts.
            return Files.readAllLines(Path.of("/proc/self/mounts")).reversed().stream()
                    .map(line -> line.split(" "))
                    .filter(fields -> fields[1].equals(DIRECTORY.toString()))
                    .findFirst()
                    .filter(fields -> fields[2].equals(TYPE))
                    .isPresent();
        } catch (IOException e) {
            throw new UncheckedIOException("the list of what is mounted", e);
        }
    }

    /**
     * Mounts it at {@link #DIRECTORY}, as iproute2 does when it needs it.
     *
     * @throws LinuxException EPERM without CAP_SYS_ADMIN, ENOENT if the kernel has no such directory
     */
    public static void mount() {
        try (Arena arena = Arena.ofConfined()) {
            int result = Processes.mount(
                    arena.allocateFrom(TYPE),
                    arena.allocateFrom(DIRECTORY.toString()),
                    arena.allocateFrom(TYPE),
                    0,
                    MemorySegment.NULL);
            LinuxException.check(result, "mount the BPF file system at " + DIRECTORY);
        }
    }
}
