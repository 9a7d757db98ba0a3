package dev.qlease.cli;

import dev.qlease.ethtool.Ethtool;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netdev.Netdev;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.Links;
import dev.qlease.rtnetlink.Rtnetlink;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where a command looks: a network namespace, and a device in it if one was named. Opens sockets when they are first
 * asked for, and closes them with itself.
 */
final class Target implements AutoCloseable {
    private final @Nullable NetworkNamespace namespace;
    private final Optional<Link> link;
    private @Nullable Rtnetlink rtnetlink;
    private @Nullable Netdev netdev;
    private @Nullable Ethtool ethtool;
    private @Nullable Map<Integer, String> names;

    private Target(@Nullable String netns, @Nullable String dev) {
        this.namespace = netns == null ? null : namespace(netns);
        try {
            this.link = dev == null ? Optional.empty() : Optional.of(find(dev));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Looks in {@code netns}, null for the command's own, at {@code dev}, null for all devices.
     *
     * @throws CommandException if there is no such namespace or device
     */
    static Target open(@Nullable String netns, @Nullable String dev) {
        return new Target(netns, dev);
    }

    /** The namespace that {@code spec} names. */
    static NetworkNamespace namespace(String spec) {
        try {
            return NetworkNamespace.parse(spec);
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.USAGE, "--netns: " + e.getMessage(), e);
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR) || e.is(Errno.ESRCH)) {
                throw new CommandException(
                        ExitCode.NOT_FOUND,
                        "no network namespace \"" + spec + "\": give a name below " + NetworkNamespace.NAMES
                                + ", a path with a slash in it, or the PID of a process",
                        e);
            }
            throw e;
        }
    }

    private Link find(String dev) {
        boolean number = dev.chars().allMatch(c -> c >= '0' && c <= '9') && dev.length() < 10 && !dev.isEmpty();
        int ifindex = number ? Integer.parseInt(dev) : 0;
        return (ifindex > 0 ? links().find(ifindex) : links().find(dev))
                .orElseThrow(() -> new CommandException(
                        ExitCode.NOT_FOUND,
                        "no device \"" + dev + "\" " + where() + "; qlease links" + option()
                                + " lists those there are"));
    }

    private Links links() {
        return rtnetlink().links();
    }

    /** As a sentence says it. */
    private String where() {
        return namespace == null ? "in this network namespace" : "in network namespace " + namespace;
    }

    private String option() {
        return namespace == null ? "" : " --netns " + namespace;
    }

    /** The namespace; null for the command's own. */
    @Nullable
    NetworkNamespace namespace() {
        return namespace;
    }

    /** The device, if one was named. */
    Optional<Link> link() {
        return link;
    }

    /** The device's number, if one was named. */
    OptionalInt ifindex() {
        return link.isPresent() ? OptionalInt.of(link.get().ifindex()) : OptionalInt.empty();
    }

    /** The routing family there. */
    Rtnetlink rtnetlink() {
        Rtnetlink open = rtnetlink;
        if (open == null) {
            open = namespace == null ? Rtnetlink.open() : open(namespace, Rtnetlink::open);
            rtnetlink = open;
        }
        return open;
    }

    /** The netdev family there. */
    Netdev netdev() {
        Netdev open = netdev;
        if (open == null) {
            open = namespace == null ? Netdev.open() : open(namespace, Netdev::open);
            netdev = open;
        }
        return open;
    }

    private static <T> T open(NetworkNamespace namespace, Function<NetworkNamespace, T> opening) {
        try {
            return opening.apply(namespace);
        } catch (LinuxException e) {
            // What setns(2) says of a file that is no namespace, or one of another kind.
            if (e.is(Errno.EINVAL)) {
                throw new CommandException(ExitCode.NOT_FOUND, namespace + " is no network namespace", e);
            }
            throw e;
        }
    }

    /** The ethtool family there. */
    Ethtool ethtool() {
        Ethtool open = ethtool;
        if (open == null) {
            open = namespace == null ? Ethtool.open() : open(namespace, Ethtool::open);
            ethtool = open;
        }
        return open;
    }

    /** The name of the device {@code ifindex}; empty if it is gone. */
    Optional<String> name(int ifindex) {
        if (link.isPresent() && link.get().ifindex() == ifindex) {
            return Optional.of(link.get().ifname());
        }
        Map<Integer, String> known = names;
        if (known == null) {
            known = links().names();
            names = known;
        }
        return Optional.ofNullable(known.get(ifindex));
    }

    @Override
    public void close() {
        if (netdev != null) {
            netdev.close();
        }
        if (ethtool != null) {
            ethtool.close();
        }
        if (rtnetlink != null) {
            rtnetlink.close();
        }
        if (namespace != null) {
            namespace.close();
        }
    }
}
