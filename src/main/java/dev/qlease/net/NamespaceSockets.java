package dev.qlease.net;

import dev.qlease.ethtool.Ethtool;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.linux.sys.DetachedMounts;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.netdev.Netdev;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.Rtnetlink;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A network namespace with its rtnetlink, netdev and ethtool families and its sysfs, each opened on first use.
 *
 * <p>Owns the sockets that it opened and a descriptor of the namespace, and closes them; the families remain owned by
 * this object; do not close them. Closing does not change the kernel's state. Thread-safe.
 */
public final class NamespaceSockets implements AutoCloseable {
    /** The longest name of a device, {@code ALTIFNAMSIZ - 1} of linux/if.h, in bytes. */
    private static final int LONGEST_NAME = 127;

    private final NetworkNamespace namespace;
    private final Family<Rtnetlink> rtnetlink = new Family<>(Rtnetlink::open);
    private final Family<Netdev> netdev = new Family<>(Netdev::open);
    private final Family<Ethtool> ethtool = new Family<>(Ethtool::open);
    private final Family<Sysfs> sysfs = new Family<>(Sysfs::open);

    private NamespaceSockets(NetworkNamespace namespace) {
        this.namespace = namespace;
    }

    /**
     * The namespace's sysfs, in a mount that no other process sees.
     *
     * @param root its root directory; empty if this process may not mount
     */
    private record Sysfs(Optional<FileDescriptor> root) implements AutoCloseable {
        static Sysfs open(NetworkNamespace namespace) {
            int mounted = namespace.run(() -> DetachedMounts.mount("sysfs"));
            return new Sysfs(
                    mounted < 0
                            ? Optional.empty()
                            : Optional.of(FileDescriptor.owning(mounted, "sysfs of " + namespace)));
        }

        @Override
        public void close() {
            root.ifPresent(FileDescriptor::close);
        }
    }

    /** A family, once it is open; closed permanently by {@link #close()}. */
    private final class Family<T extends AutoCloseable> {
        private final Function<NetworkNamespace, T> opening;
        private @Nullable T open;
        private boolean closed;

        Family(Function<NetworkNamespace, T> opening) {
            this.opening = opening;
        }

        synchronized T get() {
            if (closed) {
                throw new IllegalStateException("the sockets in network namespace " + namespace + " are closed");
            }
            T there = open;
            if (there == null) {
                there = opening.apply(namespace);
                open = there;
            }
            return there;
        }

        synchronized @Nullable T close() {
            closed = true;
            T there = open;
            open = null;
            return there;
        }
    }

    /**
     * Holds a namespace; the caller may then close its own object. Opens no socket yet.
     *
     * @param namespace {@link NetworkNamespace#ofCaller()} for that of the calling thread now
     * @throws LinuxException if this process has too many descriptors
     */
    public static NamespaceSockets of(NetworkNamespace namespace) {
        return new NamespaceSockets(namespace.dup());
    }

    /** Returns the namespace, which remains owned by this object. */
    public NetworkNamespace namespace() {
        return namespace;
    }

    /**
     * Returns the routing family.
     *
     * @throws LinuxException EPERM if this process may not enter the namespace
     * @throws IllegalStateException if this is closed
     */
    public Rtnetlink rtnetlink() {
        return rtnetlink.get();
    }

    /**
     * Returns the netdev family.
     *
     * @throws UnsupportedException if the kernel does not have it
     * @throws LinuxException EPERM if this process may not enter the namespace
     * @throws IllegalStateException if this is closed
     */
    public Netdev netdev() {
        return netdev.get();
    }

    /**
     * Returns the ethtool family.
     *
     * @throws UnsupportedException if the kernel does not have it
     * @throws LinuxException EPERM if this process may not enter the namespace
     * @throws IllegalStateException if this is closed
     */
    public Ethtool ethtool() {
        return ethtool.get();
    }

    /** Runs {@code opening} in the namespace; {@link NetworkNamespace#run}. */
    public <T> T run(Supplier<T> opening) {
        return namespace.run(opening);
    }

    /**
     * Finds a device by the one rule that all of qlease uses: by its name or an alternative name, which are unique in a
     * namespace; if no device has that name, by its ifindex if {@code device} is a decimal number without sign or
     * leading zeros.
     */
    public Optional<Link> findLink(String device) {
        Optional<Link> named = canBeName(device) ? rtnetlink().links().find(device) : Optional.empty();
        return named.isPresent() || !isIfindex(device)
                ? named
                : rtnetlink().links().find(Integer.parseInt(device));
    }

    /**
     * Returns a number that distinguishes this device from all others until the machine is rebooted: it stays the same
     * when the device is renamed or moved to another namespace, and a device that is removed and added again gets
     * another. It is the inode number of the device's directory in sysfs (fs/kernfs/inode.c), which is mounted
     * privately for this purpose.
     *
     * @return empty if this process may not mount (CAP_SYS_ADMIN), or if there is no device {@code name} any more
     * @throws LinuxException if this process may not enter the namespace
     */
    public OptionalLong instance(String name) {
        return deviceDirectory(name).stream()
                .mapToLong(directory -> Files.inode(KernelText.text(directory)))
                .filter(inode -> inode >= 0)
                .findFirst();
    }

    /**
     * Returns the directory of a device in the namespace's sysfs, whatever is mounted at /sys. The path is valid in
     * this process until this object is closed.
     *
     * @return empty if this process may not mount (CAP_SYS_ADMIN); the directory need not exist
     * @throws LinuxException if this process may not enter the namespace
     */
    public Optional<Path> deviceDirectory(String name) {
        return sysfs.get().root().map(root -> KernelText.path("/proc/self/fd/" + root.number() + "/class/net/" + name));
    }

    /**
     * Finds a device as {@link #findLink} does.
     *
     * @throws NoSuchLinkException if there is none
     */
    public Link requireLink(String device) {
        return findLink(device).orElseThrow(() -> new NoSuchLinkException(device, namespace));
    }

    private static boolean canBeName(String device) {
        return !device.isEmpty() && device.indexOf(0) < 0 && KernelText.encode(device).length <= LONGEST_NAME;
    }

    private static boolean isIfindex(String device) {
        return device.matches("[1-9][0-9]{0,9}") && Long.parseLong(device) <= Integer.MAX_VALUE;
    }

    /** Closes the sockets that were opened and the descriptor of the namespace. Idempotent. */
    @Override
    public void close() {
        Netdev openNetdev = netdev.close();
        Ethtool openEthtool = ethtool.close();
        Rtnetlink openRtnetlink = rtnetlink.close();
        Sysfs openSysfs = sysfs.close();
        try (namespace;
                openSysfs;
                openRtnetlink;
                openEthtool;
                openNetdev) {
            // All are closed, even if closing one of them throws.
        }
    }

    @Override
    public String toString() {
        return "sockets in network namespace " + namespace;
    }
}
