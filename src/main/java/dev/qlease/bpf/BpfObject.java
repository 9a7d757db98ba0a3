package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Bpf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The operations common to all objects of bpf(2): information, and pinning to files of the BPF file system. */
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

    /** Pins an object to a file; BPF_OBJ_PIN. */
    static void pin(FileDescriptor object, Path path) {
        int fd = object.use();
        try {
            check(file(Uapi.BPF_OBJ_PIN(), path, fd), "pin " + object + " at " + path, path);
        } finally {
            object.release();
        }
    }

    /** The kinds of objects that can be pinned, by a line unique to their descriptors in /proc/self/fdinfo. */
    enum Kind {
        PROGRAM("prog_id:"),
        MAP("map_id:"),
        LINK("link_id:");

        private final String line;

        Kind(String line) {
            this.line = line;
        }

        private String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Links are tested first: they report their program's id too. */
        private static Kind of(int fd) throws IOException {
            List<String> lines = Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd));
            for (Kind kind : List.of(LINK, MAP, PROGRAM)) {
                if (lines.stream().anyMatch(line -> line.startsWith(kind.line))) {
                    return kind;
                }
            }
            throw new IOException("descriptor " + fd + " is not a BPF object");
        }
    }

    /**
     * Opens a pinned object; BPF_OBJ_GET.
     *
     * @throws BpfFileException if it is of another kind
     */
    static FileDescriptor openPinned(Path path, Kind kind) {
        String title = "pinned BPF " + kind.text() + " " + path;
        int fd = check(file(Uapi.BPF_OBJ_GET(), path, 0), "open the " + title, path);
        FileDescriptor object = FileDescriptor.owning(fd, title);
        try {
            Kind found = Kind.of(fd);
            if (found != kind) {
                throw new BpfFileException(path + " holds a BPF " + found.text() + " and not a " + kind.text());
            }
            return object;
        } catch (IOException e) {
            object.close();
            throw new UncheckedIOException("open the " + title, e);
        } catch (RuntimeException e) {
            object.close();
            throw e;
        }
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

    /**
     * Returns why the BPF file system refuses a path, which the error number does not show; null if the reason is
     * unknown.
     */
    private static @Nullable String reason(Path path) {
        if (!isInBpffs(path)) {
            return "no BPF file system is mounted there; mount one: mount -t bpf bpf /sys/fs/bpf";
        }
        Path name = path.getFileName();
        if (name != null && name.toString().indexOf('.') >= 0) {
            return "names in the BPF file system cannot contain a dot";
        }
        return null;
    }

    /** Returns whether {@code path}, or the existing part of it, is in a BPF file system. */
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
