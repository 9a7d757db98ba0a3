package dev.qlease.bpf;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Processes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The BPF file system, whose files keep programs, links and maps alive independently of processes, and qlease's own
 * directory in it. Thread-safe.
 */
public final class BpfFileSystem {
    /** The conventional mount point. */
    public static final Path DIRECTORY = Path.of("/sys/fs/bpf");

    /** qlease's own directory, accessible to root only. */
    public static final Path OWN_DIRECTORY = DIRECTORY.resolve("qlease");

    private static final String TYPE = "bpf";

    /** BPF_FS_MAGIC; linux/magic.h. */
    private static final long MAGIC = 0xcafe4a11L;

    private static final int TYPE_MASK = 0170000;
    private static final int DIRECTORY_TYPE = 0040000;
    private static final int PERMISSIONS = 0777;
    private static final int OWNER_ONLY = 0700;
    private static final Set<PosixFilePermission> OWNERS = PosixFilePermissions.fromString("rwx------");

    private BpfFileSystem() {}

    /** Returns whether the BPF file system is mounted at {@link #DIRECTORY} in the mount namespace of this process. */
    public static boolean isMounted() {
        try (FileDescriptor directory = FileDescriptor.open(DIRECTORY, Libc.O_PATH())) {
            return LinuxException.check(
                            dev.qlease.linux.sys.Files.fileSystemType(directory.number()), "fstatfs of " + DIRECTORY)
                    == MAGIC;
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT)) {
                return false;
            }
            throw e;
        }
    }

    /**
     * Mounts the BPF file system at {@link #DIRECTORY}, with a root directory accessible to root only.
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
                    arena.allocateFrom("mode=0700"));
            LinuxException.check(result, "mount the BPF file system at " + DIRECTORY);
        }
    }

    /**
     * Returns {@link #OWN_DIRECTORY}, a directory of mode 0700 owned by root; creates it if it is missing. The file
     * system must be mounted. A file of another user at that path, possible if all users may write to the parent
     * directory, is renamed.
     *
     * @throws BpfFileException if a file owned by root is at that path and is not such a directory
     * @throws UncheckedIOException if it cannot be created or inspected
     */
    public static Path openOwnDirectory() {
        try {
            return openDirectory(OWN_DIRECTORY, 0);
        } catch (BpfFileException e) {
            if (!moveAside()) {
                throw e;
            }
            return openDirectory(OWN_DIRECTORY, 0);
        }
    }

    /**
     * Returns whether {@link #OWN_DIRECTORY} exists and is owned by a user other than root. It then contains nothing
     * that qlease created.
     *
     * @throws UncheckedIOException if it cannot be inspected
     */
    public static boolean isOwnDirectoryAnothers() {
        try {
            Object owner = Files.getAttribute(OWN_DIRECTORY, "unix:uid", LinkOption.NOFOLLOW_LINKS);
            return !Objects.requireNonNull(owner).equals(0);
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException("inspect the directory " + OWN_DIRECTORY, e);
        }
    }

    private static boolean moveAside() {
        try {
            if (!isOwnDirectoryAnothers()) {
                return false;
            }
            Files.move(OWN_DIRECTORY, DIRECTORY.resolve("moved-by-qlease-" + Long.toHexString(System.nanoTime())));
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException("move aside " + OWN_DIRECTORY, e);
        }
    }

    /** Returns the directory at {@code path}, which only {@code owner} can access; creates it if it is missing. */
    static Path openDirectory(Path path, int owner) {
        try {
            try {
                Files.createDirectory(path, PosixFilePermissions.asFileAttribute(OWNERS));
                // The umask may have removed permissions.
                Files.setPosixFilePermissions(path, OWNERS);
            } catch (FileAlreadyExistsException e) {
                // Checked below like a new one: it may have been replaced in the meantime.
            }
            check(path, owner);
            return path;
        } catch (IOException e) {
            throw new UncheckedIOException("open the directory " + path, e);
        }
    }

    /**
     * Checks {@link #OWN_DIRECTORY} if it exists, without creating it: for reading and deleting its contents.
     *
     * @return whether it exists
     * @throws BpfFileException if something else is at that path
     * @throws UncheckedIOException if it cannot be inspected
     */
    public static boolean checkOwnDirectory() {
        try {
            check(OWN_DIRECTORY, 0);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException("inspect the directory " + OWN_DIRECTORY, e);
        }
    }

    private static void check(Path path, int owner) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
        int mode = (Integer) Objects.requireNonNull(attributes.get("mode"));
        int uid = (Integer) Objects.requireNonNull(attributes.get("uid"));
        if ((mode & TYPE_MASK) != DIRECTORY_TYPE) {
            throw refused(path, "is not a directory and is owned by uid " + uid);
        }
        if (uid != owner) {
            throw refused(path, "is owned by uid " + uid + ", not by uid " + owner);
        }
        if ((mode & PERMISSIONS) != OWNER_ONLY) {
            throw refused(path, "has mode 0" + Integer.toOctalString(mode & PERMISSIONS) + ", not 0700");
        }
    }

    private static BpfFileException refused(Path path, String why) {
        return new BpfFileException(
                path + " " + why + ", so other users could change its contents: find out what it is for,"
                        + " then move or remove it, and qlease creates its own");
    }
}
