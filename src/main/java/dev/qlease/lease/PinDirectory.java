package dev.qlease.lease;

import dev.qlease.bpf.BpfFileException;
import dev.qlease.bpf.BpfFileSystem;
import dev.qlease.bpf.BpfMap;
import dev.qlease.linux.Errno;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Paths;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A subdirectory of qlease's directory in the BPF file system, whose files pin programs and maps. Its name is never
 * read back.
 */
final class PinDirectory {
    private static final int MODE = 0700;

    private final Path path;

    PinDirectory(String name) {
        this.path = BpfFileSystem.OWN_DIRECTORY.resolve(name);
    }

    /** Creates the directory and its parents, unless they exist. */
    void create() {
        BpfFileSystem.openOwnDirectory();
        int result = Paths.mkdir(path.toString(), MODE);
        if (result != 0 && result != -Errno.EEXIST.number()) {
            throw LinuxException.of("create " + path, -result);
        }
    }

    Path file(String name) {
        return path.resolve(name);
    }

    /**
     * Returns whether the directory exists. A directory that another user has put in its place does not count.
     *
     * @throws LeaseRefusedException if this process cannot know, since it has a mount namespace of its own
     * @throws BpfFileException if other users could have changed it
     */
    boolean isThere() {
        if (!BpfFileSystem.isMounted()) {
            if (KernelFiles.hasOwnMounts()) {
                throw new LeaseRefusedException(
                        LeaseRefusedException.Reason.UNSUPPORTED,
                        "the BPF programs of leases cannot be reached: this process has mounts of its own, without "
                                + BpfFileSystem.DIRECTORY
                                + ", as under ip netns exec; run it outside, or by nsenter -t 1 -m");
            }
            return false;
        }
        return !BpfFileSystem.isOwnDirectoryAnothers() && BpfFileSystem.checkOwnDirectory();
    }

    /** Opens the object pinned by a file; returns empty if there is no such file. */
    <T> Optional<T> open(String name, Function<Path, T> opening) {
        if (!isThere()) {
            return Optional.empty();
        }
        try {
            return Optional.of(opening.apply(file(name)));
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Opens the map pinned by a file, or creates a map and pins it. */
    BpfMap map(String name, Supplier<BpfMap> making) {
        return open(name, BpfMap::openPinned).orElseGet(() -> {
            BpfMap map = making.get();
            try {
                map.pin(file(name));
                return map;
            } catch (RuntimeException e) {
                map.close();
                throw e;
            }
        });
    }

    /** Deletes files; ignores those that do not exist. */
    void unpin(List<String> names) {
        names.forEach(name -> gone(Paths.unlink(file(name).toString()), "delete " + file(name)));
    }

    /** Deletes the directory, which must be empty. */
    void remove() {
        gone(Paths.rmdir(path.toString()), "delete " + path);
    }

    private static void gone(int result, String operation) {
        if (result != 0 && result != -Errno.ENOENT.number()) {
            throw LinuxException.of(operation, -result);
        }
    }
}
