package dev.qlease.linux;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.linux.sys.NativeAccess;
import dev.qlease.linux.sys.UnixSockets;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/**
 * The owner of one open file descriptor.
 *
 * <p>Closing it closes the descriptor exactly once, and only when no call that {@linkplain #use() uses} it is in
 * progress: a number that the process has since assigned to another file is never touched. All descriptors are
 * close-on-exec. Thread-safe.
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
     * Takes ownership of the open descriptor {@code fd}: from now on only this object may close it.
     *
     * @param what what the descriptor refers to, for error messages
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
            String file = KernelText.text(path);
            int fd = Files.open(KernelText.allocate(arena, file), flags | Libc.O_CLOEXEC(), 0);
            return owning(LinuxException.check(fd, "open " + file), file);
        }
    }

    /**
     * Returns the descriptor's number, for a call during which this object is not closed.
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
     * Begins a use and returns the descriptor's number, which remains valid until {@link #release()} is called, even if
     * this object is closed in the meantime.
     *
     * @throws IllegalStateException if it is closed
     */
    public int use() {
        usage.enter();
        return fd;
    }

    /** Ends a use begun by {@link #use()}. */
    public void release() {
        usage.leave();
    }

    /** Returns whether {@link #close()} has not been called yet. */
    public boolean isOpen() {
        return usage.isOpen();
    }

    /**
     * Duplicates the descriptor: returns another one for the same open file, with its own owner.
     *
     * @throws LinuxException if the process has too many open files
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
     * descriptor stays open.
     *
     * @throws LinuxException if the send fails
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
     * Receives one descriptor that the peer of a unix socket sent with SCM_RIGHTS; blocks until it arrives.
     *
     * @throws LinuxException if the receive fails; EBADMSG if the message carries no descriptor
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

    /** Closes the descriptor, or lets the last call that still uses it do so. Idempotent. */
    @Override
    public void close() {
        usage.close();
    }

    @Override
    public String toString() {
        return what + (isOpen() ? " (fd " + fd + ")" : " (closed)");
    }
}
