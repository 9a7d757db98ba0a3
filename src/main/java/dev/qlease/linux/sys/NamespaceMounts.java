package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The files below /run/netns that name network namespaces: bind mounts, as made by ip-netns(8). */
public final class NamespaceMounts {
    private NamespaceMounts() {}

    /**
     * Returns the file of the namespace {@code name}.
     *
     * @throws IllegalArgumentException if that is not a valid name
     */
    public static Path pathOf(String name) {
        if (name.isEmpty()
                || KernelText.encode(name).length > 255
                || name.indexOf('/') >= 0
                || name.equals(".")
                || name.equals("..")) {
            throw new IllegalArgumentException("not a name for a network namespace: \"" + name + "\"");
        }
        return NetworkNamespace.NAMES.resolve(KernelText.path(name));
    }

    /** Moves the calling thread to a new namespace and names that namespace. */
    public static void create(String name) {
        String operation = "create network namespace " + name;
        Path path = pathOf(name);
        try {
            Files.createDirectories(NetworkNamespace.NAMES);
            share();
            Files.createFile(path);
        } catch (FileAlreadyExistsException e) {
            throw new LinuxException(operation, Errno.EEXIST.number(), "the name is taken");
        } catch (IOException e) {
            throw new LinuxException(operation, Errno.EACCES.number(), e.toString());
        }
        int result = Processes.unshare(Libc.CLONE_NEWNET());
        if (result == 0) {
            result = mount("/proc/thread-self/ns/net", path, Libc.MS_BIND());
        }
        if (result < 0) {
            removeFile(path, operation);
            LinuxException.check(result, operation);
        }
    }

    /**
     * Makes /run/netns a shared mount, so that deleting a name takes effect in other mount namespaces. Synchronized:
     * two threads that find it missing would mount it twice, one over the other.
     */
    private static synchronized void share() {
        String names = NetworkNamespace.NAMES.toString();
        int shared = Libc.MS_SHARED() | Libc.MS_REC();
        if (mount("", NetworkNamespace.NAMES, shared) == -Libc.EINVAL()) {
            LinuxException.check(
                    mount(names, NetworkNamespace.NAMES, Libc.MS_BIND() | Libc.MS_REC()), "mount " + names);
            LinuxException.check(mount("", NetworkNamespace.NAMES, shared), "share " + names);
        }
    }

    private static int mount(String source, Path target, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return Processes.mount(
                    arena.allocateFrom(source),
                    KernelText.allocate(arena, KernelText.text(target)),
                    arena.allocateFrom("none"),
                    flags,
                    MemorySegment.NULL);
        }
    }

    /** Removes the name. */
    public static void delete(String name) {
        String operation = "delete network namespace " + name;
        Path path = pathOf(name);
        try (Arena arena = Arena.ofConfined()) {
            int result = Processes.umount(KernelText.allocate(arena, KernelText.text(path)), Libc.MNT_DETACH());
            // EINVAL: not a mount point, as after a crash between creating the file and mounting on it.
            if (result != -Libc.EINVAL()) {
                LinuxException.check(result, operation);
            }
        }
        removeFile(path, operation);
    }

    private static void removeFile(Path path, String operation) {
        try {
            Files.delete(path);
        } catch (NoSuchFileException e) {
            throw new LinuxException(operation, Errno.ENOENT.number());
        } catch (IOException e) {
            throw new LinuxException(operation, Errno.EACCES.number(), e.toString());
        }
    }
}
