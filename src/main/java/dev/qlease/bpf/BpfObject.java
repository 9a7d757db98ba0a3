package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Bpf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What all objects of bpf(2) have: information, and files of the BPF file system that keep them. */
final class BpfObject {
    private BpfObject() {}

    static MemorySegment attributes(Arena arena) {
        return arena.allocate(BpfField.ATTR_SIZE, Long.BYTES);
    }

    /** Reads an object's information; BPF_OBJ_GET_INFO_BY_FD. */
    static <T> T info(FileDescriptor object, Function<MemorySegment, T> reader) {
        int fd = object.use();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(BpfField.INFO_SIZE, Long.BYTES);
            MemorySegment attributes = attributes(arena);
            BpfField.INFO_BPF_FD.put(attributes, fd);
            BpfField.INFO_LEN.put(attributes, (int) info.byteSize());
            BpfField.INFO.put(attributes, info);
            LinuxException.check(Bpf.bpf(Uapi.BPF_OBJ_GET_INFO_BY_FD(), attributes), "information about " + object);
            return reader.apply(info);
        } finally {
            object.release();
        }
    }

    /** Gives an object a file that keeps it; BPF_OBJ_PIN. */
    static void pin(FileDescriptor object, Path path) {
        int fd = object.use();
        try {
            check(file(Uapi.BPF_OBJ_PIN(), path, fd), "pin " + object + " at " + path, path);
        } finally {
            object.release();
        }
    }

    /** Opens the link that a file keeps; BPF_OBJ_GET. */
    static FileDescriptor openPinnedLink(Path path) {
        String operation = "open the pinned BPF link " + path;
        int fd = check(file(Uapi.BPF_OBJ_GET(), path, 0), operation, path);
        FileDescriptor object = FileDescriptor.owning(fd, "pinned BPF link " + path);
        try {
            if (isLink(fd)) {
                return object;
            }
        } catch (IOException e) {
            object.close();
            throw new UncheckedIOException(operation, e);
        }
        object.close();
        throw new LinuxException(operation, Errno.EINVAL.number(), "the file holds another BPF object than a link");
    }

    /** Tells links from programs and maps, for which bpf(2) has no command. */
    private static boolean isLink(int fd) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd)).stream()
                .anyMatch(line -> line.startsWith("link_id:"));
    }

    private static int file(int command, Path path, int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = attributes(arena);
            BpfField.PATHNAME.put(attributes, arena.allocateFrom(path.toString()));
            BpfField.BPF_FD.put(attributes, fd);
            return Bpf.bpf(command, attributes);
        }
    }

    private static int check(int result, String operation, Path path) {
        if (result < 0) {
            String reason = reason(path);
            throw reason == null
                    ? LinuxException.of(operation, -result)
                    : new LinuxException(operation, -result, reason);
        }
        return result;
    }

    /** Why the BPF file system refuses a path, in words that the error's number does not have. */
    private static @Nullable String reason(Path path) {
        if (!isInBpffs(path)) {
            return "no BPF file system is there; this mounts one: mount -t bpf bpf /sys/fs/bpf";
        }
        Path name = path.getFileName();
        if (name != null && name.toString().indexOf('.') >= 0) {
            return "the BPF file system has no names with a dot in them";
        }
        return null;
    }

    /** Whether {@code path}, or what there is of the way to it, is in a BPF file system. */
    private static boolean isInBpffs(Path path) {
        for (Path at = path.toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at)) {
                try {
                    return Files.getFileStore(at).type().equals("bpf");
                } catch (IOException e) {
                    throw new UncheckedIOException("the file system of " + at, e);
                }
            }
        }
        return false;
    }
}
