package dev.qlease.linux;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.NativeAccess;
import dev.qlease.linux.sys.UnixSockets;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/**
 * The owner of one open file descriptor.
 *
 * <p>Closing it closes the descriptor, once, and only when no call that {@link #use() uses} it is under way: a number
 * that the process has given to another file since is never touched. All descriptors are close-on-exec. Safe for use by
 * many threads.
 */
public final class FileDescriptor implements AutoCloseable {
    static {
        NativeAccess.require();
    }

    private final int fd;
    private final String what;
    private final Usage usage;

    private FileDescriptor(int fd, String what) {
        this.fd = fd;
        this.what = what;
        this.usage = new Usage(what, () -> LinuxException.check(Files.close(fd), "close " + what));
    }

    /**
     * Takes over the open descriptor {@code fd}: from now on it is closed by this object alone.
     *
     * @param what what it is open on, for error messages
     */
    public static FileDescriptor owning(int fd, String what) {
        if (fd < 0) {
            throw new IllegalArgumentException("not a file descriptor: " + fd);
        }
        return new FileDescriptor(fd, what);
    }

    /**
     * Opens a file; open(2).
     *
     * @param flags O_ flags; O_CLOEXEC is added
     * @throws LinuxException if the kernel refuses
     */
    public static FileDescriptor open(Path path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            int fd = Files.open(arena.allocateFrom(path.toString()), flags | Libc.O_CLOEXEC(), 0);
            return owning(LinuxException.check(fd, "open " + path), path.toString());
        }
    }

    /**
     * The number, for a call that is made while nobody closes this.
     *
     * @throws IllegalStateException if it is closed
     */
    public int number() {
        if (!isOpen()) {
            throw new IllegalStateException(what + " is closed");
        }
        return fd;
    }

    /**
     * The number, which stays this file's until {@link #release()} is called, also when somebody closes this meanwhile.
     *
     * @throws IllegalStateException if it is closed
     */
    public int use() {
        usage.enter();
        return fd;
    }

    /** Ends what {@link #use()} began. */
    public void release() {
        usage.leave();
    }

    /** Whether {@link #close()} has not been called yet. */
    public boolean isOpen() {
        return usage.isOpen();
    }

    /**
     * Another descriptor for the same open file, with an owner of its own.
     *
     * @throws LinuxException if the process has too many
     */
    public FileDescriptor dup() {
        int original = use();
        try {
            int copy = Files.fcntl(original, Libc.F_DUPFD_CLOEXEC(), 0);
            return owning(LinuxException.check(copy, "dup of " + what), what);
        } finally {
            release();
        }
    }

    /**
     * Sends a copy of this descriptor, with one byte of data, over a connected unix socket (SCM_RIGHTS; unix(7)). This
     * one stays open.
     *
     * @throws LinuxException if the socket refuses
     */
    public void sendOver(FileDescriptor unixSocket) {
        int socket = unixSocket.use();
        try {
            int sent = use();
            try {
                UnixSockets.sendDescriptor(socket, sent);
            } finally {
                release();
            }
        } finally {
            unixSocket.release();
        }
    }

    /**
     * Receives one descriptor that the other end of a unix socket sent with SCM_RIGHTS, waiting for it.
     *
     * @throws LinuxException if the socket refuses, EBADMSG if what came carries no descriptor
     */
    public static FileDescriptor receiveFrom(FileDescriptor unixSocket) {
        int socket = unixSocket.use();
        try {
            int fd = UnixSockets.receiveDescriptor(socket);
            return owning(fd, "descriptor received over " + unixSocket.what);
        } finally {
            unixSocket.release();
        }
    }

    /** Closes the descriptor, or leaves that to the last call that still uses it. Further calls do nothing. */
    @Override
    public void close() {
        usage.close();
    }

    @Override
    public String toString() {
        return what + (isOpen() ? " (fd " + fd + ")" : " (closed)");
    }
}
