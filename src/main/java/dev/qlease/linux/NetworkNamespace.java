package dev.qlease.linux;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.linux.sys.NamespaceMounts;
import dev.qlease.linux.sys.NativeAccess;
import dev.qlease.linux.sys.Processes;
import dev.qlease.linux.sys.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A network namespace, kept alive by a descriptor of its own, whatever happens to its name or its processes. Closing it
 * deletes no namespace that has a name. Only {@link #ofCaller()} holds no descriptor.
 *
 * <p>A socket belongs to the namespace in which it was opened. So only opening is {@linkplain #run run} in another
 * namespace, on a thread created for it; no thread of a caller changes its namespace. Entering requires CAP_SYS_ADMIN
 * in the user namespace that owns this one; setns(2), network_namespaces(7). Thread-safe.
 */
public final class NetworkNamespace implements AutoCloseable {
    static {
        NativeAccess.require();
    }

    /** The directory in which ip-netns(8) keeps named namespaces. */
    public static final Path NAMES = Path.of("/run/netns");

    private static final String OF_THREAD = "/proc/thread-self/ns/net";

    /** {@code NSFS_MAGIC} of linux/magic.h. */
    private static final long NSFS_MAGIC = 0x6e736673;

    /** {@code NS_GET_NSTYPE} of linux/nsfs.h. */
    private static final long NS_GET_NSTYPE = 0xb703;

    private static final NetworkNamespace OF_CALLER = new NetworkNamespace(null, Path.of(OF_THREAD), "of the caller");

    /** Null only for {@link #OF_CALLER}. */
    private final @Nullable FileDescriptor descriptor;

    private final Path path;
    private final String name;

    private NetworkNamespace(@Nullable FileDescriptor descriptor, Path path, String name) {
        this.descriptor = descriptor;
        this.path = path;
        this.name = name;
    }

    /**
     * Returns the namespace of whichever thread calls its methods; means "here" to code that takes a namespace. Holds
     * no descriptor; its {@link #dup()} does. Closing it has no effect.
     */
    public static NetworkNamespace ofCaller() {
        return OF_CALLER;
    }

    /** Opens the namespace of the calling thread. */
    public static NetworkNamespace current() {
        return open(Path.of(OF_THREAD), "current");
    }

    /**
     * Opens the namespace with this name below /run/netns.
     *
     * @throws LinuxException ENOENT if there is none
     * @throws NotANetworkNamespaceException if the file with that name is no network namespace, for instance because
     *     its mount is gone
     * @throws IllegalArgumentException if the name is invalid, for instance because it contains a slash
     */
    public static NetworkNamespace named(String name) {
        return open(NamespaceMounts.pathOf(name), name);
    }

    /**
     * Opens the namespace whose file is {@code path}, such as /proc/1/ns/net. Never blocks, and opens no file of
     * another kind.
     *
     * @throws LinuxException with the kernel's error if the path does not exist or may not be followed
     * @throws NotANetworkNamespaceException if the path leads to something else
     */
    public static NetworkNamespace at(Path path) {
        return open(path, KernelText.text(path));
    }

    /**
     * Opens the namespace of the process {@code pid}; for a container, the PID of its first process as seen from here.
     *
     * @throws LinuxException ENOENT if there is no such process, EACCES without permission to inspect it
     */
    public static NetworkNamespace ofProcess(long pid) {
        return open(Path.of("/proc", Long.toString(pid), "ns/net"), "of process " + pid);
    }

    /**
     * Opens the namespace that {@code spec} names: a path if it contains a slash, a PID if it is a number for which no
     * name exists, else a name.
     *
     * @throws LinuxException with the kernel's error if there is none or access is denied
     * @throws NotANetworkNamespaceException if it is something else
     * @throws IllegalArgumentException if it is not a valid name
     */
    public static NetworkNamespace parse(String spec) {
        if (spec.indexOf('/') >= 0) {
            return at(KernelText.path(spec));
        }
        if (!spec.matches("[0-9]{1,18}")) {
            return named(spec);
        }
        try {
            return named(spec);
        } catch (LinuxException e) {
            if (!e.is(Errno.ENOENT)) {
                throw e;
            }
            return ofProcess(Long.parseLong(spec));
        }
    }

    /**
     * Creates a namespace with this name below /run/netns, as ip-netns(8) does. It exists until it is {@linkplain
     * #delete deleted}. Its loopback device is down.
     *
     * @throws LinuxException EEXIST if the name is taken, EPERM without CAP_SYS_ADMIN
     */
    public static NetworkNamespace create(String name) {
        return onOwnThread(() -> {
            NamespaceMounts.create(name);
            return named(name);
        });
    }

    /**
     * Removes the name. The namespace itself is destroyed when no process, socket or descriptor holds it any more.
     *
     * @throws LinuxException ENOENT if there is no namespace of this name
     */
    public static void delete(String name) {
        NamespaceMounts.delete(name);
    }

    private static NetworkNamespace open(Path path, String name) {
        // O_PATH opens no device and does not wait for the writer of a FIFO; by the second lookup the path may lead to
        // another file.
        try (FileDescriptor found = FileDescriptor.open(path, Libc.O_PATH())) {
            if (!isOfNamespaces(found)) {
                throw new NotANetworkNamespaceException(path, name);
            }
        }
        FileDescriptor opened = FileDescriptor.open(path, Libc.O_RDONLY() | Libc.O_NONBLOCK());
        try {
            if (!isOfNamespaces(opened)
                    || Files.ioctl(opened.number(), NS_GET_NSTYPE, MemorySegment.NULL) != Libc.CLONE_NEWNET()) {
                throw new NotANetworkNamespaceException(path, name);
            }
            return new NetworkNamespace(opened, path, name);
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private static boolean isOfNamespaces(FileDescriptor file) {
        return LinuxException.check(Files.fileSystemType(file.number()), "fstatfs of " + file) == NSFS_MAGIC;
    }

    /**
     * Runs {@code opening} in this namespace and returns its result: on the calling thread if that is in this
     * namespace, else on a platform thread that enters it and then ends. Intended for opening descriptors, which remain
     * in this namespace.
     *
     * @throws LinuxException if this process may not enter it; also whatever {@code opening} throws
     */
    public <T> T run(Supplier<T> opening) {
        if (descriptor == null) {
            return opening.get();
        }
        int fd = descriptor.use();
        try {
            // Both namespaces are alive, so that their numbers identify them.
            if (Files.inode(fd) == Files.inode(OF_THREAD)) {
                return opening.get();
            }
            return onOwnThread(() -> {
                LinuxException.check(Processes.setns(fd, Libc.CLONE_NEWNET()), "enter network namespace " + name);
                return opening.get();
            });
        } finally {
            descriptor.release();
        }
    }

    private static <T> T onOwnThread(Supplier<T> action) {
        FutureTask<T> task = new FutureTask<>(action::get);
        Thread.ofPlatform().daemon().name("qlease-netns").start(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw rethrown(e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static RuntimeException rethrown(@Nullable Throwable failure) {
        return switch (failure) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            case null, default -> new IllegalStateException("a Supplier threw a checked exception", failure);
        };
    }

    /**
     * Opens the same namespace again, with an owner of its own; of {@link #ofCaller()}, the calling thread's namespace.
     */
    public NetworkNamespace dup() {
        return descriptor == null ? current() : new NetworkNamespace(descriptor.dup(), path, name);
    }

    /**
     * Returns the path from which it was opened; to another process, or later, that path may lead to another namespace.
     */
    public Path path() {
        return path;
    }

    /**
     * Returns the number that distinguishes this namespace from all others that exist now, as {@code readlink
     * /proc/PID/ns/net} shows it. Once it is gone, a new namespace may get the same number; see {@link #cookie()}.
     */
    public long inode() {
        String what = "inode of network namespace " + name;
        if (descriptor == null) {
            return LinuxException.check(Files.inode(OF_THREAD), what);
        }
        int fd = descriptor.use();
        try {
            return LinuxException.check(Files.inode(fd), what);
        } finally {
            descriptor.release();
        }
    }

    /**
     * Returns a number that no other namespace gets until the machine is rebooted; SO_NETNS_COOKIE, socket(7), Linux
     * 5.14. Requires the same privileges as {@link #run}.
     *
     * @throws UnsupportedException if the kernel is older
     */
    public long cookie() {
        return run(() -> {
            String what = "cookie of network namespace " + name;
            int fd = Sockets.socket(Libc.AF_UNIX(), Libc.SOCK_DGRAM() | Libc.SOCK_CLOEXEC(), 0);
            try (FileDescriptor socket = FileDescriptor.owning(LinuxException.check(fd, what), what);
                    Arena arena = Arena.ofConfined()) {
                MemorySegment cookie = arena.allocate(Libc.C_LONG);
                MemorySegment length = arena.allocateFrom(Libc.C_INT, Long.BYTES);
                int result =
                        Sockets.getsockopt(socket.number(), Libc.SOL_SOCKET(), Libc.SO_NETNS_COOKIE(), cookie, length);
                if (result == -Libc.ENOPROTOOPT()) {
                    throw new UnsupportedException(new LinuxException(what, -result));
                }
                LinuxException.check(result, what);
                return cookie.get(Libc.C_LONG, 0);
            }
        });
    }

    /**
     * Returns the descriptor that holds the namespace; it remains owned by this object.
     *
     * @throws IllegalStateException if this is {@link #ofCaller()}, which holds none; {@link #dup()} opens one
     */
    public FileDescriptor descriptor() {
        if (descriptor == null) {
            throw new IllegalStateException("the network namespace of the caller has no descriptor: dup() opens one");
        }
        return descriptor;
    }

    /** Closes the descriptor. Idempotent. */
    @Override
    public void close() {
        if (descriptor != null) {
            descriptor.close();
        }
    }

    /**
     * Returns how it was named when it was opened: its name, its path, "of process N", "current" or "of the caller".
     */
    @Override
    public String toString() {
        return name;
    }
}
