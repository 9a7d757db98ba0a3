package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.pollfd;
import dev.qlease.ffi.libc.ucred;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A unix socket of messages that can carry a descriptor; SOCK_SEQPACKET and SCM_RIGHTS, unix(7).
 *
 * <p>The peer of an {@linkplain #accept accepted} socket cannot send descriptors before {@link #allowDescriptors()}:
 * closing the last descriptor of a file can block for as long as the file's owner likes. Thread-safe: a call in
 * progress keeps the descriptor open. Owns its descriptor.
 */
public final class MessageSocket implements AutoCloseable {
    private static final int BACKLOG = 128;
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int SHUT_RDWR = 2;

    private final FileDescriptor descriptor;

    private MessageSocket(FileDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * A received message.
     *
     * @param data its bytes; empty at the end of the stream
     * @param whole whether nothing was cut off: neither bytes nor descriptors
     * @param file the descriptor that came with it, which the receiver owns; empty for none or several
     */
    public record Received(ByteBuffer data, boolean whole, Optional<FileDescriptor> file) {}

    private static MessageSocket open(String what) {
        int type = Libc.SOCK_SEQPACKET() | Libc.SOCK_CLOEXEC() | Libc.SOCK_NONBLOCK();
        int fd = LinuxException.check(Sockets.socket(Libc.AF_UNIX(), type, 0), "open a socket for " + what);
        return new MessageSocket(FileDescriptor.owning(fd, what));
    }

    /**
     * Creates a socket at {@code path} and listens there.
     *
     * @param mode the mode of the file
     * @throws LinuxException EADDRINUSE if a file exists there; ENOPROTOOPT before Linux 6.16, which cannot keep peers
     *     from sending descriptors
     */
    public static MessageSocket listen(Path path, int mode) {
        String file = KernelText.text(path);
        MessageSocket socket = open(file);
        try (Arena arena = Arena.ofConfined()) {
            int fd = socket.descriptor.number();
            LinuxException.check(
                    Sockets.setsockopt(fd, Libc.SOL_SOCKET(), Libc.SO_PASSRIGHTS(), 0), "SO_PASSRIGHTS of " + file);
            MemorySegment address = UnixSockets.address(arena, file, "listen at " + file);
            LinuxException.check(Sockets.bind(fd, address, (int) address.byteSize()), "listen at " + file);
            LinuxException.check(Paths.chmod(file, mode), "set the mode of " + file);
            LinuxException.check(Sockets.listen(fd, BACKLOG), "listen at " + file);
            return socket;
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * Connects to the socket at {@code path}.
     *
     * @param deadline by {@link System#nanoTime()}
     * @throws LinuxException ENOENT, ECONNREFUSED, EACCES and so on; EAGAIN if too many connections wait until then
     */
    public static MessageSocket connect(Path path, long deadline) {
        String file = KernelText.text(path);
        MessageSocket socket = open(file);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = UnixSockets.address(arena, file, "connect to " + file);
            int result = Sockets.connect(socket.descriptor.number(), address, (int) address.byteSize());
            while ((result == -Libc.EAGAIN() || result == -Libc.EINTR()) && Events.nanosUntil(deadline) > 0) {
                LockSupport.parkNanos(RETRY_NANOS);
                result = Sockets.connect(socket.descriptor.number(), address, (int) address.byteSize());
            }
            LinuxException.check(result, "connect to " + file);
            return socket;
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * Accepts a connection without waiting; empty if there is none.
     *
     * @throws LinuxException EMFILE, ENFILE, ENOMEM and so on
     */
    public Optional<MessageSocket> accept() {
        int flags = Libc.SOCK_CLOEXEC() | Libc.SOCK_NONBLOCK();
        int fd = Sockets.accept(descriptor.number(), MemorySegment.NULL, MemorySegment.NULL, flags);
        if (fd == -Libc.EAGAIN() || fd == -Libc.ECONNABORTED()) {
            return Optional.empty();
        }
        LinuxException.check(fd, "accept at " + descriptor);
        return Optional.of(new MessageSocket(FileDescriptor.owning(fd, "connection at " + descriptor)));
    }

    /** Returns the descriptor, for waiting for connections. Remains owned by this object; do not close it. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /**
     * Returns the cookie of the network namespace in which the peer's socket was opened, which the peer cannot change:
     * an accepted socket is in the namespace of the one that connected (unix_stream_connect in net/unix/af_unix.c).
     */
    public long namespace() {
        try (Arena arena = Arena.ofConfined()) {
            return option(arena, Libc.SO_NETNS_COOKIE(), Long.BYTES).get(ValueLayout.JAVA_LONG, 0);
        }
    }

    /** Returns the process that connected, in this process's PID namespace; 0 if it is not visible there. */
    public int peer() {
        try (Arena arena = Arena.ofConfined()) {
            return ucred.pid(option(arena, Libc.SO_PEERCRED(), ucred.sizeof()));
        }
    }

    /** Returns the effective user that connected. */
    public int peerUser() {
        try (Arena arena = Arena.ofConfined()) {
            return ucred.uid(option(arena, Libc.SO_PEERCRED(), ucred.sizeof()));
        }
    }

    /**
     * Opens a pidfd of the process that connected, for {@link Processes#isRunning}; owned by the caller.
     *
     * @throws LinuxException ESRCH or EINVAL if the process has ended
     */
    public FileDescriptor peerHandle() {
        try (Arena arena = Arena.ofConfined()) {
            int fd = option(arena, Libc.SO_PEERPIDFD(), Integer.BYTES).get(Libc.C_INT, 0);
            return FileDescriptor.owning(fd, "process at " + descriptor);
        }
    }

    private MemorySegment option(Arena arena, int option, long size) {
        MemorySegment value = arena.allocate(size, Long.BYTES);
        MemorySegment length = arena.allocateFrom(Libc.C_INT, (int) size);
        int fd = descriptor.use();
        try {
            LinuxException.check(
                    Sockets.getsockopt(fd, Libc.SOL_SOCKET(), option, value, length),
                    "option " + option + " of a peer");
            return value;
        } finally {
            descriptor.release();
        }
    }

    /** Lets the peer send descriptors. */
    public void allowDescriptors() {
        int fd = descriptor.use();
        try {
            LinuxException.check(
                    Sockets.setsockopt(fd, Libc.SOL_SOCKET(), Libc.SO_PASSRIGHTS(), 1), "SO_PASSRIGHTS of a peer");
        } finally {
            descriptor.release();
        }
    }

    /**
     * Sends a message without waiting.
     *
     * @param file a descriptor to send a copy of; null for none
     * @throws LinuxException EPIPE or ECONNRESET if the peer is gone, EAGAIN if it does not receive, EPERM if it allows
     *     no descriptors
     */
    public void send(byte[] data, @Nullable FileDescriptor file) {
        int fd = descriptor.use();
        try {
            if (file == null) {
                send(fd, data, -1);
                return;
            }
            int sent = file.use();
            try {
                send(fd, data, sent);
            } finally {
                file.release();
            }
        } finally {
            descriptor.release();
        }
    }

    private static void send(int fd, byte[] data, int file) {
        try (Arena arena = Arena.ofConfined()) {
            SocketMessage message = new SocketMessage(arena, 0, 1, ControlMessages.space(Integer.BYTES));
            message.piece(0, arena.allocateFrom(ValueLayout.JAVA_BYTE, data));
            if (file < 0) {
                message.controlLength(0);
            } else {
                ControlMessages rights = new ControlMessages().rewind(message.control());
                message.controlLength(rights.append(Libc.SOL_SOCKET(), Libc.SCM_RIGHTS(), Integer.BYTES));
                rights.data().set(ValueLayout.JAVA_INT_UNALIGNED, 0, file);
            }
            int flags = Libc.MSG_NOSIGNAL() | Libc.MSG_DONTWAIT();
            LinuxException.check(Sockets.sendmsg(fd, message.header(), flags), "send a message");
        }
    }

    /**
     * Receives a message, waiting until {@code deadline}; empty if none arrives until then. Of several descriptors all
     * are closed.
     *
     * @param most the largest message, in bytes; the rest of a larger one is cut off
     * @param deadline by {@link System#nanoTime()}
     * @throws LinuxException ECONNRESET and so on
     */
    public Optional<Received> receive(int most, long deadline) {
        int fd = descriptor.use();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment wait = pollfd.allocate(arena);
            pollfd.fd(wait, fd);
            pollfd.events(wait, (short) Libc.POLLIN());
            SocketMessage message = new SocketMessage(arena, 0, 1, ControlMessages.space(Integer.BYTES));
            MemorySegment data = arena.allocate(most);
            message.piece(0, data);
            while (LinuxException.check(Events.poll(wait, 1, deadline), "wait for a message") > 0) {
                message.reset();
                int flags = Libc.MSG_CMSG_CLOEXEC() | Libc.MSG_DONTWAIT();
                long size = Sockets.recvmsg(fd, message.header(), flags);
                if (size != -Libc.EAGAIN()) {
                    LinuxException.check(size, "receive a message");
                    return Optional.of(received(message, data.asSlice(0, size)));
                }
            }
            return Optional.empty();
        } finally {
            descriptor.release();
        }
    }

    private static Received received(SocketMessage message, MemorySegment data) {
        int[] files = UnixSockets.received(message);
        boolean whole = (message.flags() & (Libc.MSG_TRUNC() | Libc.MSG_CTRUNC())) == 0;
        if (files.length > 1) {
            for (int file : files) {
                int _ = Files.close(file);
            }
            whole = false;
        }
        Optional<FileDescriptor> file =
                files.length == 1 ? Optional.of(FileDescriptor.owning(files[0], "received file")) : Optional.empty();
        return new Received(ByteBuffer.wrap(data.toArray(ValueLayout.JAVA_BYTE)), whole, file);
    }

    /** Ends the connection, and waits in progress, without closing the descriptor. Has no effect once it is closed. */
    public void end() {
        try {
            int fd = descriptor.use();
            try {
                // ENOTCONN: the peer has ended it.
                int _ = Sockets.shutdown(fd, SHUT_RDWR);
            } finally {
                descriptor.release();
            }
        } catch (IllegalStateException e) {
            // It was closed in the meantime.
            return;
        }
    }

    /** Closes the socket, or lets the last call in progress do so. Idempotent. */
    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
