package dev.qlease.lease.state;

import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.linux.sys.Paths;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory whose files only root may write, regardless of the umask. Each access checks that this is still so: owned
 * by this process's user or root, not writable by others, not a symbolic link. Files are replaced by renaming a new
 * file, so that a reader sees either the old text or the new one. No method is interruptible.
 */
public final class StateDirectory {
    /** The mode of a directory that all users may read. */
    public static final int READABLE = 0755;

    /** The mode of a directory that only its owner may read. */
    public static final int PRIVATE = 0700;

    private static final int FILE_MODE = 0644;
    private static final int WRITABLE_BY_OTHERS = 022;
    private static final int TYPE = 0170000;
    private static final int IS_DIRECTORY = 0040000;
    private static final int IS_REGULAR = 0100000;

    /** More than the size of any valid file, so that other files are refused without reading them. */
    private static final int LARGEST = 1 << 20;

    private final Path path;
    private final int mode;
    private final Function<String, RuntimeException> refusal;

    /**
     * @param mode {@link #READABLE} or {@link #PRIVATE}
     * @param refusal makes the exception for a directory or file that cannot be trusted
     */
    public StateDirectory(Path path, int mode, Function<String, RuntimeException> refusal) {
        this.path = path;
        this.mode = mode;
        this.refusal = refusal;
    }

    public Path path() {
        return path;
    }

    /** Creates the directory unless it exists, and checks it. */
    public void create() {
        int result = Paths.mkdir(path.toString(), mode);
        if (result == 0) {
            LinuxException.check(Paths.chmod(path.toString(), mode), "set the mode of " + path);
        } else if (result != -Errno.EEXIST.number()) {
            throw LinuxException.of("create " + path, -result);
        }
        check(path, IS_DIRECTORY, "a directory");
    }

    /** Returns the names in the directory, sorted; none if the directory does not exist. */
    public List<String> names() {
        if (!isThere()) {
            return List.of();
        }
        try (Stream<Path> files = java.nio.file.Files.list(path)) {
            return files.map(file -> KernelText.text(file.getFileName()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw failure("list", path, e);
        }
    }

    /**
     * Returns whether the directory exists.
     *
     * @throws LinuxException if that cannot be determined
     * @throws RuntimeException the refusal, if other users could have created it or can write to it
     */
    public boolean isThere() {
        try {
            check(path, IS_DIRECTORY, "a directory");
            return true;
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT)) {
                return false;
            }
            throw e;
        }
    }

    /** Refuses a file or directory that another user could have created or could change. */
    private void check(Path path, int type, String what) {
        String shown = KernelText.text(path);
        Map<String, Object> attributes;
        try {
            attributes = java.nio.file.Files.readAttributes(path, "unix:mode,uid", LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            throw failure("open", path, e);
        }
        int mode = (Integer) Objects.requireNonNull(attributes.get("mode"));
        int owner = (Integer) Objects.requireNonNull(attributes.get("uid"));
        if ((mode & TYPE) != type) {
            throw refusal.apply(shown + " is not " + what);
        }
        if (owner != 0 && owner != dev.qlease.linux.sys.Processes.geteuid()) {
            throw refusal.apply(
                    shown + " belongs to user " + owner + ", not to root: remove it, or check it and chown it to root");
        }
        if ((mode & WRITABLE_BY_OTHERS) != 0) {
            throw refusal.apply(shown + " can be written by others (mode " + Integer.toOctalString(mode & 07777)
                    + "): check its contents, then chmod go-w " + shown);
        }
    }

    /**
     * Returns the text of a file; empty if the file does not exist.
     *
     * @throws LinuxException if it cannot be read
     * @throws RuntimeException the refusal, if other users could have written it
     */
    public Optional<String> read(String name) {
        Path file = path.resolve(KernelText.path(name));
        if (!isThere()) {
            return Optional.empty();
        }
        try {
            check(file, IS_REGULAR, "a file");
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT)) {
                return Optional.empty();
            }
            throw e;
        }
        String shown = KernelText.text(file);
        int fd = Paths.openForReading(shown);
        if (fd == -Errno.ENOENT.number()) {
            return Optional.empty();
        }
        LinuxException.check(fd, "open " + shown);
        try (FileDescriptor _ = FileDescriptor.owning(fd, shown);
                Arena arena = Arena.ofConfined()) {
            return Optional.of(read(fd, shown, arena.allocate(LARGEST)));
        }
    }

    private String read(int fd, String file, MemorySegment buffer) {
        int length = 0;
        while (length < LARGEST) {
            long bytes = LinuxException.check(Files.read(fd, buffer.asSlice(length), LARGEST - length), "read " + file);
            if (bytes == 0) {
                byte[] text = buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
                return new String(text, StandardCharsets.UTF_8);
            }
            length += (int) bytes;
        }
        throw refusal.apply(file + " exceeds " + LARGEST + " bytes, the limit for the files of leases");
    }

    /** Creates or replaces a file. */
    public void write(String name, String text) {
        Path file = path.resolve(KernelText.path(name));
        String next = KernelText.text(file) + ".new";
        int left = Paths.unlink(next);
        if (left != 0 && left != -Errno.ENOENT.number()) {
            throw LinuxException.of("delete " + next, -left);
        }
        int fd = LinuxException.check(Paths.createNew(next, FILE_MODE), "create " + next);
        try (FileDescriptor _ = FileDescriptor.owning(fd, next);
                Arena arena = Arena.ofConfined()) {
            writeAll(fd, arena, text.getBytes(StandardCharsets.UTF_8), next);
        } catch (LinuxException e) {
            Paths.unlink(next);
            throw e;
        }
        LinuxException.check(Paths.rename(next, KernelText.text(file)), "rename " + next + " to " + name);
    }

    private static void writeAll(int fd, Arena arena, byte[] bytes, String file) {
        MemorySegment buffer = arena.allocate(Math.max(1, bytes.length));
        MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
        for (long written = 0; written < bytes.length; ) {
            written += LinuxException.check(
                    Files.write(fd, buffer.asSlice(written), bytes.length - written), "write " + file);
        }
    }

    /** Deletes a file, if it exists. */
    public void remove(String name) {
        String file = KernelText.text(path.resolve(KernelText.path(name)));
        int result = Paths.unlink(file);
        if (result != 0 && result != -Errno.ENOENT.number()) {
            throw LinuxException.of("delete " + file, -result);
        }
    }

    /** Returns the kernel's error behind a Java exception, which has its message but not its errno. */
    private static LinuxException failure(String what, Path path, IOException e) {
        Errno errno = switch (e) {
            case NoSuchFileException _ -> Errno.ENOENT;
            case AccessDeniedException _ -> Errno.EACCES;
            case FileSystemException other -> errno(other.getReason());
            default -> errno(e.getMessage());
        };
        LinuxException failure = LinuxException.of(what + " " + KernelText.text(path), errno.number());
        failure.initCause(e);
        return failure;
    }

    private static Errno errno(@Nullable String words) {
        return Arrays.stream(Errno.values())
                .filter(errno -> words != null && words.contains(errno.description()))
                .findFirst()
                .orElse(Errno.EIO);
    }
}
