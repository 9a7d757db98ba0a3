package dev.qlease.testcontainers;

import dev.qlease.devmem.ReceivePeer;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.Address;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.RouteSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assumptions;

/**
 * The host at the other end of the NIC's wire: the network namespace {@code remote}, with a port in it that has an
 * address of the NIC's own networks. It is told the way to the guests' addresses; closing takes that back.
 */
final class Peer implements AutoCloseable {
    /** The guests' networks. */
    static final List<IpPrefix> GUESTS = List.of(IpPrefix.parse("198.18.0.0/24"), IpPrefix.parse("2001:db8:2::/64"));

    private final NetworkNamespace namespace;
    private final IpAddress address;
    private final List<RouteSpec> routes = new ArrayList<>();

    private Peer(NetworkNamespace namespace, IpAddress address) {
        this.namespace = namespace;
        this.address = address;
    }

    /** The one that {@code nic} is joined to; where there is none the test is skipped. */
    static Peer of(String nic) {
        Assumptions.assumeTrue(
                Files.exists(NetworkNamespace.NAMES.resolve("remote")),
                "there is no network namespace remote, with the port that " + nic + " is joined to");
        NetworkNamespace remote = NetworkNamespace.named("remote");
        try (Rtnetlink here = Rtnetlink.open();
                Rtnetlink there = Rtnetlink.open(remote)) {
            int ifindex = here.links().get(nic).ifindex();
            List<IpPrefix> own = prefixes(here.addresses().list(ifindex));
            List<IpPrefix> others = prefixes(there.addresses().list());
            Optional<IpPrefix> peer = others.stream()
                    .filter(other -> !other.address().isIpv6())
                    .filter(other -> own.stream().anyMatch(prefix -> prefix.contains(other.address())))
                    .findFirst();
            Assumptions.assumeTrue(peer.isPresent(), "no device in remote has an address of " + nic + "'s networks");
            Peer made = new Peer(remote, peer.get().address());
            for (IpPrefix guests : GUESTS) {
                own.stream()
                        .filter(prefix ->
                                prefix.address().isIpv6() == guests.address().isIpv6())
                        .findFirst()
                        .ifPresent(via -> made.routes.add(RouteSpec.to(guests).via(via.address())));
            }
            made.routes.forEach(route -> there.routes().replace(route));
            return made;
        } catch (RuntimeException e) {
            remote.close();
            throw e;
        }
    }

    private static List<IpPrefix> prefixes(List<Address> addresses) {
        return addresses.stream()
                .flatMap(address -> address.prefix().stream())
                .filter(prefix -> !prefix.address().toInetAddress().isLinkLocalAddress())
                .toList();
    }

    /** Listens at any port. */
    ServerSocketChannel listen() {
        return listen(new InetSocketAddress(address.toInetAddress(), 0));
    }

    /** Listens there; where the peer does not have that address the test is skipped. */
    ServerSocketChannel listen(String at, int port) {
        try (Rtnetlink there = Rtnetlink.open(namespace)) {
            Assumptions.assumeTrue(
                    prefixes(there.addresses().list()).stream()
                            .anyMatch(prefix -> prefix.address().equals(IpAddress.parse(at))),
                    "no device in remote has the address " + at);
        }
        return listen(new InetSocketAddress(IpAddress.parse(at).toInetAddress(), port));
    }

    private ServerSocketChannel listen(InetSocketAddress at) {
        return namespace.run(() -> {
            try {
                return ServerSocketChannel.open().bind(at);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** Where {@code server} listens, for the command. */
    static String text(ServerSocketChannel server) throws IOException {
        InetSocketAddress at = (InetSocketAddress) server.getLocalAddress();
        return at.getAddress().getHostAddress() + ":" + at.getPort();
    }

    /** Connects to a guest, as soon as {@code listener} listens there. */
    SocketChannel connect(String guest, int port, Future<?> listener) throws Exception {
        InetSocketAddress to = new InetSocketAddress(IpAddress.parse(guest).toInetAddress(), port);
        while (!listener.isDone()) {
            try {
                return ReceivePeer.connect(namespace, to);
            } catch (ConnectException e) {
                Thread.sleep(200);
            }
        }
        throw new AssertionError("it did not listen: " + listener.get());
    }

    @Override
    public void close() {
        try (Rtnetlink there = Rtnetlink.open(namespace)) {
            routes.forEach(route -> there.routes().delete(route));
        } finally {
            namespace.close();
        }
    }
}
