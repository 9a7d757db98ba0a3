package dev.qlease.rtnetlink;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.NetlinkProtocol;
import dev.qlease.netlink.NetlinkSocket;

/**
 * An rtnetlink socket, and what can be asked of a namespace over it.
 *
 * {@snippet :
 * try (Rtnetlink rtnl = Rtnetlink.open()) {
 *     rtnl.links().list().forEach(link -> System.out.println(link.ifindex() + ": " + link.ifname()));
 * }
 * }
 *
 * <p>Owns its socket: closing this closes it and leaves everything in the kernel as it is. Safe for use by many threads.
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
        return new Rtnetlink(NetlinkSocket.open(NetlinkProtocol.ROUTE));
    }

    /**
     * Opens a socket in {@code namespace}.
     *
     * @throws LinuxException EPERM if this process may not enter it
     */
    public static Rtnetlink open(NetworkNamespace namespace) {
        return new Rtnetlink(NetlinkSocket.open(NetlinkProtocol.ROUTE, namespace));
    }

    /** The socket, which goes on belonging to this. */
    public NetlinkSocket socket() {
        return socket;
    }

    /** The links. */
    public Links links() {
        return links;
    }

    /** The addresses of the links. */
    public Addresses addresses() {
        return addresses;
    }

    /** The routes. */
    public Routes routes() {
        return routes;
    }

    /** The hosts on the links. */
    public Neighbours neighbours() {
        return neighbours;
    }

    /** The ids of other namespaces. */
    public NamespaceIds namespaceIds() {
        return namespaceIds;
    }

    /** Closes the socket. */
    @Override
    public void close() {
        socket.close();
    }
}
