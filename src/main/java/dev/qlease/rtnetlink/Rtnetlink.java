package dev.qlease.rtnetlink;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.NetlinkProtocol;
import dev.qlease.netlink.NetlinkSocket;

/**
 * An rtnetlink socket, with the objects that it gives access to in its namespace.
 *
 * {@snippet :
 * try (Rtnetlink rtnl = Rtnetlink.open()) {
 *     rtnl.links().list().forEach(link -> System.out.println(link.ifindex() + ": " + link.ifname()));
 * }
 * }
 *
 * <p>Owns its socket: closing this object closes it and changes nothing else in the kernel. Thread-safe.
 */
public final class Rtnetlink implements AutoCloseable {
    private final NetlinkSocket socket;
    private final Links links;
    private final Addresses addresses;
    private final Routes routes;
    private final Neighbours neighbours;
    private final NamespaceIds namespaceIds;

    private Rtnetlink(NetlinkSocket socket) {
        this.socket = socket;
        this.links = new Links(socket);
        this.addresses = new Addresses(socket);
        this.routes = new Routes(socket);
        this.neighbours = new Neighbours(socket);
        this.namespaceIds = new NamespaceIds(socket);
    }

    /** Opens a socket in the calling thread's namespace. */
    public static Rtnetlink open() {
        return open(NetworkNamespace.ofCaller());
    }

    /**
     * Opens a socket in {@code namespace}.
     *
     * @throws LinuxException EPERM if this process may not enter it
     */
    public static Rtnetlink open(NetworkNamespace namespace) {
        return new Rtnetlink(NetlinkSocket.open(NetlinkProtocol.ROUTE, namespace));
    }

    /** Returns the socket, which remains owned by this object; do not close it. */
    public NetlinkSocket socket() {
        return socket;
    }

    /** Returns the links. */
    public Links links() {
        return links;
    }

    /** Returns the addresses of the links. */
    public Addresses addresses() {
        return addresses;
    }

    /** Returns the routes. */
    public Routes routes() {
        return routes;
    }

    /** Returns the neighbours: the hosts on the links. */
    public Neighbours neighbours() {
        return neighbours;
    }

    /** Returns the ids of other namespaces. */
    public NamespaceIds namespaceIds() {
        return namespaceIds;
    }

    /** Closes the socket. Idempotent. */
    @Override
    public void close() {
        socket.close();
    }
}
