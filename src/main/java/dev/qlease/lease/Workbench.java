package dev.qlease.lease;

import dev.qlease.ethtool.Ethtool;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netdev.Netdev;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What steps are done with: sockets on the host's side, and on the guest's once that is entered, and what earlier steps made.
 * Owns the sockets, not the namespaces.
 */
final class Workbench implements AutoCloseable {
    private final NetworkNamespace home;
    private final @Nullable NetworkNamespace hostNamespace;
    private final Rtnetlink rtnetlink;
    private final Ethtool ethtool;
    private final Netdev netdev;
    private @Nullable Rtnetlink guestRtnetlink;
    private @Nullable Netdev guestNetdev;
    private @Nullable Link host;
    private @Nullable Link guest;
    private final List<LeasedQueue> queues = new ArrayList<>();
    private final Deque<Runnable> sockets = new ArrayDeque<>();

    /**
     * On the host's side.
     *
     * @param elsewhere whether {@code home} is another namespace than the calling thread's, to be entered for opening
     */
    Workbench(NetworkNamespace home, boolean elsewhere) {
        this.home = home;
        this.hostNamespace = elsewhere ? home : null;
        try {
            this.rtnetlink = hostNamespace == null ? Rtnetlink.open() : Rtnetlink.open(hostNamespace);
            sockets.push(rtnetlink::close);
            this.ethtool = hostNamespace == null ? Ethtool.open() : Ethtool.open(hostNamespace);
            sockets.push(ethtool::close);
            this.netdev = hostNamespace == null ? Netdev.open() : Netdev.open(hostNamespace);
            sockets.push(netdev::close);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Opens the guest's side. */
    void enter(NetworkNamespace namespace) {
        Rtnetlink links = Rtnetlink.open(namespace);
        sockets.push(links::close);
        Netdev queuesThere = Netdev.open(namespace);
        sockets.push(queuesThere::close);
        guestRtnetlink = links;
        guestNetdev = queuesThere;
    }

    Rtnetlink rtnetlink() {
        return rtnetlink;
    }

    Ethtool ethtool() {
        return ethtool;
    }

    Netdev netdev() {
        return netdev;
    }

    Rtnetlink guestRtnetlink() {
        return made(guestRtnetlink);
    }

    Netdev guestNetdev() {
        return made(guestNetdev);
    }

    /** The host's end of the pair. */
    Link host() {
        return made(host);
    }

    /** The guest's device. */
    Link guest() {
        return made(guest);
    }

    List<LeasedQueue> queues() {
        return List.copyOf(queues);
    }

    void host(Link link) {
        host = link;
    }

    void guest(Link link) {
        guest = link;
    }

    void leased(LeasedQueue queue) {
        queues.add(queue);
    }

    private static <T> T made(@Nullable T thing) {
        if (thing == null) {
            throw new IllegalStateException("a step comes before the one that it needs");
        }
        return thing;
    }

    /** Runs what opens something on the host's side. */
    <T> T onHost(Supplier<T> opening) {
        return hostNamespace == null ? opening.get() : hostNamespace.run(opening);
    }

    /** The host's namespace. */
    NetworkNamespace home() {
        return home;
    }

    /** The host's namespace, if it is to be entered for opening something; null if the calling thread is in it. */
    @Nullable
    NetworkNamespace hostNamespace() {
        return hostNamespace;
    }

    /** What stands in a file below /proc/sys on the host's side; empty text if there is no such file. */
    String sysctl(String path) {
        return onHost(() -> {
            try {
                return Files.readString(Path.of(path)).strip();
            } catch (NoSuchFileException e) {
                return "";
            } catch (IOException e) {
                throw failure("read", path, e);
            }
        });
    }

    /** Writes a file below /proc/sys on the host's side. */
    void sysctl(String path, String value) {
        onHost(() -> {
            try {
                return Files.writeString(Path.of(path), value);
            } catch (IOException e) {
                throw failure("write " + value + " to", path, e);
            }
        });
    }

    private static LinuxException failure(String what, String path, IOException e) {
        Errno errno = e instanceof NoSuchFileException ? Errno.ENOENT : Errno.EIO;
        LinuxException failure = new LinuxException(what + " " + path, errno.number(), String.valueOf(e.getMessage()));
        failure.initCause(e);
        return failure;
    }

    @Override
    public void close() {
        while (!sockets.isEmpty()) {
            sockets.pop().run();
        }
    }
}
