package dev.qlease.cli;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netdev.Lease;
import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.QueueId;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.AddressSpec;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.NetkitSpec;
import dev.qlease.rtnetlink.RouteSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import dev.qlease.rtnetlink.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * A namespace with one end of a netkit pair, nkg, that reaches the remote receiver through forwarding on the host: made
 * by hand, since what the command does is to be tested here and not how leases are made.
 */
public final class LeasedGuest implements AutoCloseable {
    private static final String IPV4_FORWARDING = "/proc/sys/net/ipv4/ip_forward";
    private static final String IPV6_FORWARDING = "/proc/sys/net/ipv6/conf/all/forwarding";

    private final Sandbox guest = Sandbox.create();
    private final Rtnetlink host = Rtnetlink.open();
    private final String ipv4Forwarding = set(IPV4_FORWARDING, "1");
    private final String ipv6Forwarding = set(IPV6_FORWARDING, "1");

    private LeasedGuest() {}

    /** Makes one, with a lease of queue 3 of qnic0 or without. */
    public static LeasedGuest create(boolean lease) {
        LeasedGuest made = new LeasedGuest();
        try {
            made.makeLinks();
            if (lease) {
                made.lease();
            }
            made.makeRoutes();
            return made;
        } catch (RuntimeException e) {
            made.close();
            throw e;
        }
    }

    private static String set(String sysctl, String value) {
        try {
            Path path = Path.of(sysctl);
            String before = Files.readString(path).strip();
            Files.writeString(path, value);
            return before;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void makeLinks() {
        Link primary = host.links()
                .create(LinkSpec.named("nkh")
                        .up()
                        .netkit(NetkitSpec.pair(
                                LinkSpec.named("nkg").numRxQueues(2).netns(guest.namespace()))));
        int peer = guest.rtnl().links().get("nkg").ifindex();
        guest.rtnl().links().up(peer);
        for (String prefix : List.of("10.9.0.1/24", "2001:db8:9::1/64")) {
            host.addresses()
                    .add(
                            primary.ifindex(),
                            AddressSpec.of(IpPrefix.parse(prefix)).nodad());
        }
        for (String prefix : List.of("10.9.0.2/24", "2001:db8:9::2/64")) {
            guest.rtnl()
                    .addresses()
                    .add(peer, AddressSpec.of(IpPrefix.parse(prefix)).nodad());
        }
    }

    private void lease() {
        Link peer = guest.rtnl().links().get("nkg");
        int nic = host.links().get("qnic0").ifindex();
        try (Netdev netdev = Netdev.open(guest.namespace())) {
            int hostId = peer.linkNetnsid().orElseThrow();
            netdev.createQueue(peer.ifindex(), new Lease(nic, QueueId.rx(3), OptionalInt.of(hostId)));
        }
    }

    private void makeRoutes() {
        guest.rtnl().routes().add(RouteSpec.to(IpPrefix.ALL_IPV4).via(IpAddress.parse("10.9.0.1")));
        guest.rtnl().routes().add(RouteSpec.to(IpPrefix.ALL_IPV6).via(IpAddress.parse("2001:db8:9::1")));
        try (NetworkNamespace namespace = NetworkNamespace.named("remote");
                Rtnetlink remote = Rtnetlink.open(namespace)) {
            remote.routes().replace(RouteSpec.to(IpPrefix.parse("10.9.0.0/24")).via(IpAddress.parse("192.0.2.1")));
            remote.routes()
                    .replace(RouteSpec.to(IpPrefix.parse("2001:db8:9::/64")).via(IpAddress.parse("2001:db8:1::1")));
        }
    }

    /** Options that send by it, and more. */
    public String[] options(String... more) {
        List<String> options = new ArrayList<>(List.of("--netns", guest.name(), "--dev", "nkg"));
        options.addAll(List.of(more));
        return options.toArray(String[]::new);
    }

    /** Deletes the pair, and with it the lease. */
    public void deleteLink() {
        host.links().delete("nkh");
    }

    @Override
    public void close() {
        host.links().find("nkh").ifPresent(link -> host.links().delete(link.ifindex()));
        host.close();
        guest.close();
        set(IPV4_FORWARDING, ipv4Forwarding);
        set(IPV6_FORWARDING, ipv6Forwarding);
    }
}
