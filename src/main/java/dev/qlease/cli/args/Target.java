package dev.qlease.cli.args;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.ethtool.Ethtool;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.NotANetworkNamespaceException;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.net.NoSuchLinkException;
import dev.qlease.netdev.Netdev;
import dev.qlease.netlink.DumpInterruptedException;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.Rtnetlink;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What a command acts on: a network namespace, and a device in it if one was named. Owns its sockets. */
public final class Target implements AutoCloseable {
    private final Optional<String> netns;
    private final NamespaceSockets sockets;
    private final Optional<Link> link;
    private @Nullable Map<Integer, String> names;
    private boolean complete = true;

    private Target(@Nullable String netns, @Nullable String dev) {
        this.netns = Optional.ofNullable(netns);
        try (NetworkNamespace namespace = namespace(netns)) {
            this.sockets = NamespaceSockets.of(namespace);
        }
        try {
            this.link = dev == null ? Optional.empty() : Optional.of(require(dev));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Opens the namespace {@code netns} and finds the device {@code dev} in it.
     *
     * @param netns null for the command's own
     * @param dev null for all devices
     * @throws CommandException if there is no such namespace or device
     */
    public static Target open(@Nullable String netns, @Nullable String dev) {
        return new Target(netns, dev);
    }

    /**
     * Opens the namespace that {@code spec} names; null for the command's own. Owned by the caller.
     *
     * @throws CommandException if {@code spec} is invalid or there is no such namespace
     */
    public static NetworkNamespace namespace(@Nullable String spec) {
        if (spec == null) {
            return NetworkNamespace.ofCaller();
        }
        try {
            return NetworkNamespace.parse(spec);
        } catch (NotANetworkNamespaceException e) {
            throw new CommandException(ExitCode.NOT_FOUND, Failure.message(e), e);
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

    private Link require(String dev) {
        try {
            return sockets.requireLink(dev);
        } catch (NoSuchLinkException e) {
            String where = netns.map(name -> "in network namespace " + name).orElse("in this network namespace");
            String option = netns.map(name -> " --netns " + name).orElse("");
            throw new CommandException(
                    ExitCode.NOT_FOUND,
                    "no device \"" + dev + "\" " + where + "; qlease links" + option + " lists all devices",
                    e);
        }
    }

    /** Returns the sockets in the namespace, which remain owned by this object. */
    public NamespaceSockets sockets() {
        return sockets;
    }

    /** Returns the namespace, which remains owned by this object. */
    public NetworkNamespace namespace() {
        return sockets.namespace();
    }

    /** Returns the device, if one was named. */
    public Optional<Link> link() {
        return link;
    }

    /** Returns the device's ifindex, if one was named. */
    public OptionalInt ifindex() {
        return link.isPresent() ? OptionalInt.of(link.get().ifindex()) : OptionalInt.empty();
    }

    /** Returns rtnetlink in the namespace; remains owned by this object. */
    public Rtnetlink rtnetlink() {
        return sockets.rtnetlink();
    }

    /** Returns the netdev family in the namespace; remains owned by this object. */
    public Netdev netdev() {
        return sockets.netdev();
    }

    /** Returns the ethtool family in the namespace; remains owned by this object. */
    public Ethtool ethtool() {
        return sockets.ethtool();
    }

    /** Returns the name of the device {@code ifindex}; empty if it is gone. */
    public Optional<String> name(int ifindex) {
        if (link.isPresent() && link.get().ifindex() == ifindex) {
            return Optional.of(link.get().ifname());
        }
        Map<Integer, String> known = names;
        if (known == null) {
            known = names();
            names = known;
        }
        String name = known.get(ifindex);
        return name != null || complete
                ? Optional.ofNullable(name)
                : rtnetlink().links().find(ifindex).map(Link::ifname);
    }

    private Map<Integer, String> names() {
        try {
            return rtnetlink().links().names();
        } catch (DumpInterruptedException e) {
            // The list keeps changing, so each name is looked up when it is needed.
            complete = false;
            return Map.of();
        }
    }

    @Override
    public void close() {
        sockets.close();
    }
}
