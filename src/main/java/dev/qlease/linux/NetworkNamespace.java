package dev.qlease.linux;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.sys.NamespaceMounts;
import dev.qlease.linux.sys.NativeAccess;
import dev.qlease.linux.sys.Processes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A network namespace, held by a descriptor of its own: it lives at least until this is closed, whatever happens to its
 * name or its processes. Closing it deletes nothing that has a name.
 *
 * <p>A socket belongs to the namespace that it was opened in. So only openings are {@link #run run} in another one, on
 * a thread made for them; no thread of a caller changes its namespace. Entering needs CAP_SYS_ADMIN in the user
 * namespace that owns this one; setns(2), network_namespaces(7). Safe for use by many threads.
 */
public final class NetworkNamespace implements AutoCloseable {
    static {
        NativeAccess.require();
    }

    /** Where ip-netns(8) keeps named namespaces. */
    public static final Path NAMES = Path.of("/run/netns");

    private final FileDescriptor descriptor;
    private final Path path;
    private final String name;

    private NetworkNamespace(FileDescriptor descriptor, Path path, String name) {
        this.descriptor = descriptor;
        this.path = path;
        this.name = name;
    }

    /** The one that the calling thread is in. */
    public static NetworkNamespace current() {
        return open(Path.of("/proc/thread-self/ns/net"), "current");
    }

    /**
     * The one with this name below /run/netns.
     *
     * @throws LinuxException ENOENT if there is none
     * @throws IllegalArgumentException if the name has a slash in it or is no name
     */
    public static NetworkNamespace named(String name) {
        return open(NamespaceMounts.pathOf(name), name);
    }

    /** The one whose file is {@code path}, such as /proc/1/ns/net. */
    public static NetworkNamespace at(Path path) {
        return open(path, path.toString());
    }

    /**
     * The one that the process {@code pid} is in; for a container, the PID of its first process as seen from here.
     *
     * @throws LinuxException ENOENT if there is no such process, EACCES if it may not be looked at
     */
    public static NetworkNamespace ofProcess(long pid) {
        return open(Path.of("/proc", Long.toString(pid), "ns/net"), "of process " + pid);
    }

    /**
     * The one that {@code spec} says: a path if it has a slash in it, a process if it is a number for which there is no
     * name, else a name.
     */
    public static NetworkNamespace parse(String spec) {
        if (spec.indexOf('/') >= 0) {
            return at(Path.of(spec));
        }
        if (spec.matches("[0-9]{1,18}") && !Files.exists(NamespaceMounts.pathOf(spec))) {
            return ofProcess(Long.parseLong(spec));
        }
        return named(spec);
    }

    /**
     * Makes a new namespace with this name below /run/netns, where it stays until it is {@linkplain #delete deleted};
     * as ip-netns(8) does. Its loopback device is down.
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
     * Takes the name away. The namespace itself goes when no process, socket or descriptor holds it any more.
     *
     * @throws LinuxException ENOENT if there is none of this name
     */
    public static void delete(String name) {
        NamespaceMounts.delete(name);
    }

    private static NetworkNamespace open(Path path, String name) {
        return new NetworkNamespace(FileDescriptor.open(path, Libc.O_RDONLY()), path, name);
    }

    /**
     * Runs {@code opening} in this namespace, on a platform thread that ends with it, and answers what it answered.
     * Meant for what opens descriptors; these go on belonging to this namespace.
     *
     * @throws LinuxException if this thread may not enter it; also whatever {@code opening} throws
     */
    public <T> T run(Supplier<T> opening) {
        return onOwnThread(() -> {
            int fd = descriptor.use();
            try {
                LinuxException.check(Processes.setns(fd, Libc.CLONE_NEWNET()), "enter network namespace " + name);
            } finally {
                descriptor.release();
            }
            return opening.get();
        });
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

    /** Another object for the same namespace, to be closed for itself. */
    public NetworkNamespace dup() {
        return new NetworkNamespace(descriptor.dup(), path, name);
    }

    /** Where it was opened; another process may find it there, or another namespace by then. */
    public Path path() {
        return path;
    }

    /** The number that tells it from all others that there are; as {@code readlink /proc/PID/ns/net} shows it. */
    public long inode() {
        Path open = Path.of("/proc/self/fd", Integer.toString(descriptor.use()));
        try {
            return (Long) Files.getAttribute(open, "unix:ino");
        } catch (IOException e) {
            throw new UncheckedIOException("the inode of network namespace " + name, e);
        } finally {
            descriptor.release();
        }
    }

    /** The descriptor that holds the namespace; it belongs to this object. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /** Lets go of the namespace. */
    @Override
    public void close() {
        descriptor.close();
    }

    /** How it was asked for: its name, its path, "of process N" or "current". */
    @Override
    public String toString() {
        return name;
    }
}
