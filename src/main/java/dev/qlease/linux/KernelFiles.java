package dev.qlease.linux;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.linux.sys.NativeAccess;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the small files below /proc and /sys.
 *
 * <p>Their reported sizes are meaningless, but {@link java.nio.file.Files#readString} of JDK 25 relies on them: it
 * first reads a single byte of a file of size 0, and a sysctl returns nothing to a second read (fs/proc/proc_sysctl.c).
 * Here files are read to their end in large pieces. All errors are the kernel's.
 *
 * <p>A file below /proc/sys/net belongs to the network namespace in which it was opened, a file below /proc/thread-self
 * to the thread that opened it: hence the methods that take a namespace. A file below /sys belongs to the namespace in
 * which sysfs was mounted, whoever opens it. Thread-safe.
 */
public final class KernelFiles {
    static {
        NativeAccess.require();
    }

    /** Bytes per read: the kernel returns a sysctl in one piece, and files made of records in whole records. */
    private static final int PIECE = 1 << 16;

    /** {@code PATH_MAX} of linux/limits.h. */
    private static final int PATH_MAX = 4096;

    /** What the last read used, for the next: to clear so much memory anew takes longer than to read a sysctl. */
    private static final AtomicReference<@Nullable MemorySegment> SPARE = new AtomicReference<>();

    private KernelFiles() {}

    /**
     * Opens {@code file} for reading; owned by the caller.
     *
     * @throws LinuxException with the kernel's error
     */
    public static FileDescriptor open(Path file) {
        return FileDescriptor.open(file, Libc.O_RDONLY() | Libc.O_NONBLOCK());
    }

    /**
     * Returns the contents of {@code file}, without surrounding whitespace.
     *
     * @throws LinuxException with the kernel's error
     */
    public static String read(Path file) {
        try (FileDescriptor opened = open(file)) {
            return read(opened, file);
        }
    }

    /**
     * Returns the contents of {@code file} as seen in {@code namespace}.
     *
     * @throws LinuxException with the kernel's error
     */
    public static String read(NetworkNamespace namespace, Path file) {
        return namespace.run(() -> read(file));
    }

    /**
     * Returns the contents of {@code file}; empty if there is no such file.
     *
     * @throws LinuxException with the kernel's error
     */
    public static Optional<String> find(Path file) {
        try {
            return Optional.of(read(file));
        } catch (LinuxException e) {
            if (isAbsent(e.number())) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * Returns the contents of {@code file} as seen in {@code namespace}; empty if there is no such file.
     *
     * @throws LinuxException with the kernel's error
     */
    public static Optional<String> find(NetworkNamespace namespace, Path file) {
        return namespace.run(() -> find(file));
    }

    private static String read(FileDescriptor opened, Path file) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        MemorySegment spare = SPARE.getAndSet(null);
        MemorySegment piece = spare != null ? spare : Arena.ofAuto().allocate(PIECE);
        try {
            long length;
            do {
                length = LinuxException.check(
                        Files.read(opened.number(), piece, PIECE), "read " + KernelText.text(file));
                text.writeBytes(piece.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
            } while (length > 0);
        } finally {
            SPARE.set(piece);
        }
        return KernelText.decode(text.toByteArray()).strip();
    }

    /**
     * Writes {@code text} to the existing file {@code file} with a single write.
     *
     * @throws LinuxException with the kernel's error
     */
    public static void write(Path file, String text) {
        String operation = "write \"" + text + "\" to " + KernelText.text(file);
        byte[] bytes = KernelText.encode(text);
        try (FileDescriptor opened = FileDescriptor.open(file, Libc.O_WRONLY());
                Arena arena = Arena.ofConfined()) {
            MemorySegment piece = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            long written = LinuxException.check(Files.write(opened.number(), piece, bytes.length), operation);
            if (written < bytes.length) {
                throw new IllegalStateException(operation + ": only " + written + " bytes were taken");
            }
        }
    }

    /**
     * Writes {@code text} to {@code file} as seen in {@code namespace}.
     *
     * @throws LinuxException with the kernel's error
     */
    public static void write(NetworkNamespace namespace, Path file, String text) {
        namespace.run(() -> {
            write(file, text);
            return text;
        });
    }

    /**
     * Returns whether {@code file} exists.
     *
     * @throws LinuxException with the kernel's error if that cannot be determined, such as EACCES
     */
    public static boolean exists(Path file) {
        long inode = Files.inode(KernelText.text(file));
        return !isAbsent((int) -inode) && LinuxException.check(inode, "stat " + KernelText.text(file)) >= 0;
    }

    /**
     * Returns whether {@code file} exists as seen in {@code namespace}.
     *
     * @throws LinuxException with the kernel's error if that cannot be determined, such as EACCES
     */
    public static boolean exists(NetworkNamespace namespace, Path file) {
        return namespace.run(() -> exists(file));
    }

    /**
     * Returns the target of the symbolic link {@code link}.
     *
     * @throws LinuxException with the kernel's error
     */
    public static String readLink(Path link) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(PATH_MAX);
            long length = LinuxException.check(
                    Files.readlink(KernelText.allocate(arena, KernelText.text(link)), text),
                    "read the link " + KernelText.text(link));
            return KernelText.decode(text.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
        }
    }

    /**
     * Returns whether this process has another mount namespace than process 1, as under {@code ip netns exec}; false if
     * that cannot be determined.
     */
    public static boolean hasOwnMounts() {
        try {
            return !readLink(Path.of("/proc/1/ns/mnt")).equals(readLink(Path.of("/proc/self/ns/mnt")));
        } catch (LinuxException e) {
            return false;
        }
    }

    private static boolean isAbsent(int number) {
        return number == Libc.ENOENT() || number == Libc.ENOTDIR();
    }
}
