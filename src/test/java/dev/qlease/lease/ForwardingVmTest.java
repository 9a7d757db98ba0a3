package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.fixture.Adversary;
import dev.qlease.fixture.Commands;
import dev.qlease.fixture.Frames;
import dev.qlease.fixture.Ipv4;
import dev.qlease.fixture.Ipv6;
import dev.qlease.fixture.PacketSocket;
import dev.qlease.fixture.UdpInbox;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.NetkitMode;
import dev.qlease.rtnetlink.Rtnetlink;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A lease lets its guest's packets through and no others: not to the host's other networks, nor from them. */
@Tag("vm")
class ForwardingVmTest extends LeaseScene {
    private static final String SECRET4 = "10.99.0.2";
    private static final String SECRET6 = "2001:db8:99::2";
    private static final String OWN4 = "198.18.0.2";
    private static final String OWN6 = "2001:db8:2::2";
    private static final int PORT = 7777;

    private NetworkNamespace secret;
    private NetworkNamespace remote;
    private UdpInbox inbox4;
    private UdpInbox inbox6;

    /** Another network of the host, behind a veth, whose stations would answer by the host. */
    @BeforeEach
    void addANetwork() {
        Commands.script("""
                ip netns add secret
                ip link add mgmt type veth peer name eth0 netns secret
                ip address add 10.99.0.1/24 dev mgmt
                ip address add 2001:db8:99::1/64 dev mgmt nodad
                ip -n secret address add 10.99.0.2/24 dev eth0
                ip -n secret address add 2001:db8:99::2/64 dev eth0 nodad
                ip link set mgmt up
                ip -n secret link set eth0 up
                ip -n secret route add default via 10.99.0.1
                ip -n secret -6 route add default via 2001:db8:99::1
                ip -n remote route add 10.99.0.0/24 via 192.0.2.1
                ip -n remote -6 route add 2001:db8:99::/64 via 2001:db8:1::1
                """);
        secret = NetworkNamespace.named("secret");
        remote = NetworkNamespace.named("remote");
        inbox4 = UdpInbox.open(secret, SECRET4, PORT);
        inbox6 = UdpInbox.open(secret, SECRET6, PORT);
    }

    @AfterEach
    void removeTheNetwork() {
        inbox4.close();
        inbox6.close();
        remote.close();
        secret.close();
        Commands.script("""
                ip -n remote route del 10.99.0.0/24
                ip -n remote -6 route del 2001:db8:99::/64
                ip link delete mgmt
                ip netns delete secret
                """);
    }

    private LeaseSpec spec(Redirect redirect, String mode) {
        return guest().spec()
                .redirect(redirect)
                .mode(mode.equals("l2") ? NetkitMode.L2 : NetkitMode.L3)
                .build();
    }

    private static byte[] mac(Rtnetlink rtnetlink, String name) {
        return rtnetlink.links().get(name).address().map(HardwareAddress::bytes).orElseThrow();
    }

    /** Datagrams from the wire to a station of the host's other network, and by the way of a gateway. */
    private void sendFromTheWire(PacketSocket wire, String text) {
        try (Rtnetlink host = Rtnetlink.open();
                Rtnetlink there = Rtnetlink.open(remote)) {
            byte[] to = mac(host, "qnic0");
            byte[] from = mac(there, "qnic1");
            for (String source : List.of("192.0.2.2", "203.0.113.9")) {
                wire.send(Frames.ethernet(to, from, Frames.IPV4, Ipv4.udp(source, SECRET4, PORT, text)));
            }
            for (String source : List.of("2001:db8:1::2", "2606:4700::1111")) {
                wire.send(Frames.ethernet(to, from, Frames.IPV6, Ipv6.udp(source, SECRET6, PORT, text)));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"BPF, l2", "BPF, l3", "FORWARD, l2", "FORWARD, l3"})
    void nothingGoesBetweenTheWireOrTheGuestAndTheHostsOtherNetworks(Redirect redirect, String mode) {
        try (NetworkNamespace host = NetworkNamespace.current();
                UdpInbox reference = UdpInbox.open(host, "192.0.2.1", PORT);
                PacketSocket wire = PacketSocket.open(remote, "qnic1");
                Lease lease = leases().create(spec(redirect, mode));
                Adversary adversary =
                        Adversary.at(guest().netns(), "nk0", lease.info().name())) {
            sendFromTheWire(wire, "from the wire");
            adversary.send(adversary.ipv4(Ipv4.udp(OWN4, SECRET4, PORT, "from the guest")));
            adversary.send(adversary.ipv6(Ipv6.udp(OWN6, SECRET6, PORT, "from the guest")));
            reference.until("own", () -> adversary.send(adversary.ipv4(Ipv4.udp(OWN4, "192.0.2.1", PORT, "own"))));
            assertThat(inbox4.received()).isEmpty();
            assertThat(inbox6.received()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"BPF, false", "FORWARD, false", "FORWARD, true"})
    void theHostsOtherNetworksDoNotReachTheGuest(Redirect redirect, boolean forwards) {
        // Where these networks are forwarded from, as by an administrator, they reach the wire, but no guest.
        Commands.script(
                "echo %1$d >/proc/sys/net/ipv4/conf/mgmt/forwarding; echo %1$d >/proc/sys/net/ipv6/conf/mgmt/force_forwarding"
                        .formatted(forwards ? 1 : 0));
        try (Lease lease = leases().create(spec(redirect, "l2"));
                UdpInbox guests4 = UdpInbox.open(guest().netns(), OWN4, PORT);
                UdpInbox guests6 = UdpInbox.open(guest().netns(), OWN6, PORT);
                UdpInbox remotes = UdpInbox.open(remote, Guest.REMOTE4, PORT);
                Adversary adversary = Adversary.at(secret, "eth0", "mgmt")) {
            adversary.send(adversary.ipv4(Ipv4.udp(SECRET4, OWN4, PORT, "from the other network")));
            adversary.send(adversary.ipv6(Ipv6.udp(SECRET6, OWN6, PORT, "from the other network")));
            adversary.send(adversary.ipv4(Ipv4.udp(SECRET4, Guest.REMOTE4, PORT, "from the other network")));
            try (Adversary own =
                    Adversary.at(guest().netns(), "nk0", lease.info().name())) {
                remotes.until("own", () -> own.send(own.ipv4(Ipv4.udp(OWN4, Guest.REMOTE4, PORT, "own"))));
            }
            assertThat(remotes.received())
                    .contains("own")
                    .isSubsetOf(forwards ? List.of("own", "from the other network") : List.of("own"));
            assertThat(guests4.received()).isEmpty();
            assertThat(guests6.received()).isEmpty();
        }
    }

    /** What the host's stack would take for its own, though it is none of its addresses. */
    @ParameterizedTest
    @CsvSource({
        "FORWARD, 192.0.2.255",
        "FORWARD, 192.0.2.0",
        "FORWARD, 10.99.0.255",
        "FORWARD, 198.51.100.7",
        "BPF, 192.0.2.255",
        "BPF, 10.99.0.255",
    })
    void theGuestReachesNoBroadcastOrLocalNetworkOfTheHost(Redirect redirect, String destination) {
        Commands.run("ip", "route", "add", "local", "198.51.100.0/24", "dev", "lo");
        try (NetworkNamespace host = NetworkNamespace.current();
                UdpInbox inbox = UdpInbox.open(host, "0.0.0.0", PORT);
                Lease lease = leases().create(spec(redirect, "l2"));
                Adversary adversary =
                        Adversary.at(guest().netns(), "nk0", lease.info().name())) {
            adversary.send(adversary.ipv4(Ipv4.udp(OWN4, destination, PORT, "to none")));
            adversary.send(adversary.toAll(Frames.IPV4, Ipv4.udp(OWN4, destination, PORT, "to none")));
            inbox.until("own", () -> adversary.send(adversary.ipv4(Ipv4.udp(OWN4, "192.0.2.1", PORT, "own"))));
            assertThat(inbox.received()).containsOnly("own");
        } finally {
            Commands.run("ip", "route", "del", "local", "198.51.100.0/24", "dev", "lo");
        }
    }

    @ParameterizedTest
    @CsvSource({"BPF", "FORWARD"})
    void whatTheHostForwardsAlreadyGoesOn(Redirect redirect) {
        String script = "echo %1$d >/proc/sys/net/ipv4/conf/qnic0/forwarding;"
                + "echo %1$d >/proc/sys/net/ipv4/conf/mgmt/forwarding";
        Commands.script(script.formatted(1));
        try (PacketSocket wire = PacketSocket.open(remote, "qnic1")) {
            inbox4.until("before", () -> sendFromTheWire(wire, "before"));
            try (Lease lease = leases().create(spec(redirect, "l2"))) {
                assertThat(lease.queues()).hasSize(1);
                inbox4.until("during", () -> sendFromTheWire(wire, "during"));
            }
            inbox4.until("after", () -> sendFromTheWire(wire, "after"));
        } finally {
            Commands.script(script.formatted(0));
        }
    }

    private LeaseSpec other(Guest other, Redirect redirect, String route) {
        LeaseSpec.Builder spec = LeaseSpec.of("qnic0", other.netns())
                .redirect(redirect)
                .address(IpPrefix.parse("198.18.0.3/24"))
                .address(IpPrefix.parse("2001:db8:2::3/64"));
        return routed(spec, route).build();
    }

    private static LeaseSpec.Builder routed(LeaseSpec.Builder spec, String route) {
        return switch (route) {
            case "all" -> spec;
            case "guests" -> spec.route(IpPrefix.parse("198.18.0.0/24")).route(IpPrefix.parse("2001:db8:2::/64"));
            case "remote" -> spec.route(IpPrefix.parse("192.0.2.0/24")).route(IpPrefix.parse("2001:db8:1::/64"));
            default -> throw new IllegalArgumentException(route);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "BPF, BPF, all, all, false",
        "BPF, BPF, all, remote, false",
        "BPF, BPF, remote, all, false",
        "BPF, BPF, guests, guests, false",
        "FORWARD, FORWARD, all, all, true",
        "FORWARD, FORWARD, all, remote, false",
        "FORWARD, FORWARD, remote, all, false",
        "BPF, FORWARD, remote, guests, false",
        "FORWARD, BPF, guests, remote, false",
    })
    void aGuestReachesAnotherOnlyIfTheRoutesOfBothLeasesSaySo(
            Redirect one, Redirect two, String oneRoute, String twoRoute, boolean reaches) {
        try (Guest second = Guest.create();
                Lease first = leases().create(
                                routed(guest().spec().redirect(one), oneRoute).build());
                Lease another = leases().create(other(second, two, twoRoute));
                UdpInbox inbox = UdpInbox.open(second.netns(), "198.18.0.3", PORT);
                UdpInbox sixth = UdpInbox.open(second.netns(), "2001:db8:2::3", PORT);
                UdpInbox reference = UdpInbox.open(remote, Guest.REMOTE4, PORT);
                Adversary adversary =
                        Adversary.at(guest().netns(), "nk0", first.info().name())) {
            assertThat(another.queues()).hasSize(1);
            Runnable sending = () -> {
                adversary.send(adversary.ipv4(Ipv4.udp(OWN4, "198.18.0.3", PORT, "to the neighbour")));
                adversary.send(adversary.ipv6(Ipv6.udp(OWN6, "2001:db8:2::3", PORT, "to the neighbour")));
                adversary.send(adversary.ipv4(Ipv4.udp(OWN4, Guest.REMOTE4, PORT, "own")));
            };
            if (reaches) {
                inbox.until("to the neighbour", sending);
                sixth.until("to the neighbour", sending);
            } else {
                for (int i = 0; i < 3; i++) {
                    sending.run();
                }
                if (oneRoute.equals("guests")) {
                    Commands.run("sleep", "0.3");
                } else {
                    reference.until("own", sending);
                }
                assertThat(inbox.received()).isEmpty();
                assertThat(sixth.received()).isEmpty();
            }
        }
    }
}
