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
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.NetkitMode;
import dev.qlease.rtnetlink.NetkitSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The host takes nothing from a guest but the guest's own packets, whatever carries them. */
@Tag("vm")
class GuestTrustVmTest extends LeaseScene {
    private static final String HOST4 = "192.0.2.1";
    private static final String HOST6 = "2001:db8:1::1";
    private static final String OWN4 = "198.18.0.2";
    private static final String OWN6 = "2001:db8:2::2";

    /** What a host can be made to believe. */
    private static final String BELIEFS = """
            ip -oneline address | sed 's/ valid_lft .*//'
            ip route show table all; ip -6 -oneline route show table all | sed 's/ expires .*//'
            ip neighbour show dev HOST | sed 's/ [A-Z]*$//'; ip -6 neighbour show dev HOST | sed 's/ [A-Z]*$//'
            ip -6 route get 2606:4700::1111 2>&1; ip route get 203.0.113.9 2>&1; true
            """;

    private static List<String> beliefs(String host) {
        return Commands.run("bash", "-c", BELIEFS.replace("HOST", host)).lines().toList();
    }

    private Lease lease(Redirect redirect, String mode) {
        return leases().create(
                        guest().spec().redirect(redirect).mode(mode(mode)).build());
    }

    private static NetkitMode mode(String mode) {
        return mode.equals("l2") ? NetkitMode.L2 : NetkitMode.L3;
    }

    private Adversary adversary(Lease lease) {
        return Adversary.at(guest().netns(), "nk0", lease.info().name());
    }

    private static void sendAll(Adversary adversary, List<Forgery> forgeries) {
        forgeries.forEach(forgery -> adversary.send(forgery.frame()));
    }

    /** Sends packets of both families from the guest's own addresses. */
    private static Runnable own(Adversary adversary, String to4, String to6, String text) {
        return () -> {
            adversary.send(adversary.ipv4(Ipv4.udp(OWN4, to4, Forgery.PORT, "own " + text)));
            adversary.send(adversary.ipv6(Ipv6.udp(OWN6, to6, Forgery.PORT, "own " + text)));
        };
    }

    private static List<String> forged(List<String> seen) {
        return seen.stream()
                .filter(frame -> frame.contains(Forgery.MARK))
                .map(frame -> frame.substring(frame.indexOf(Forgery.MARK)))
                .map(text -> text.substring(0, text.indexOf(Forgery.END)))
                .distinct()
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"BPF, l2", "BPF, l3", "FORWARD, l2", "FORWARD, l3"})
    void onlyTheGuestsOwnAddressesReachTheWire(Redirect redirect, String mode) {
        try (NetworkNamespace remote = NetworkNamespace.named("remote");
                PacketSocket wire = PacketSocket.open(remote, "qnic1");
                Lease lease = lease(redirect, mode);
                Adversary adversary = adversary(lease)) {
            wire.until("own before", own(adversary, Guest.REMOTE4, Guest.REMOTE6, "before"));
            List<Forgery> forgeries = Forgery.sources(adversary, Guest.REMOTE4, Guest.REMOTE6);
            sendAll(adversary, forgeries);
            sendAll(adversary, Forgery.noIp(adversary, OWN4, Guest.REMOTE4, Guest.REMOTE6));
            List<String> seen = wire.until("own after", own(adversary, Guest.REMOTE4, Guest.REMOTE6, "after"));
            assertThat(forged(seen)).as("forged frames on the wire").isEmpty();
            LeaseInfo info = leases().find(lease.info().name()).orElseThrow();
            assertThat(info.dropped().values().stream()
                            .mapToLong(Long::longValue)
                            .sum())
                    .as("counted: %s", info.dropped())
                    .isGreaterThanOrEqualTo(forgeries.size());
        }
    }

    @ParameterizedTest
    @CsvSource({"BPF, l2", "BPF, l3", "FORWARD, l2", "FORWARD, l3"})
    void onlyTheGuestsOwnAddressesReachTheHostsPrograms(Redirect redirect, String mode) {
        try (NetworkNamespace host = NetworkNamespace.current();
                UdpInbox inbox4 = UdpInbox.open(host, HOST4, Forgery.PORT);
                UdpInbox inbox6 = UdpInbox.open(host, HOST6, Forgery.PORT);
                Lease lease = lease(redirect, mode);
                Adversary adversary = adversary(lease)) {
            Runnable own = own(adversary, HOST4, HOST6, "before");
            inbox4.until("own before", own);
            inbox6.until("own before", own);
            sendAll(adversary, Forgery.sources(adversary, HOST4, HOST6));
            Runnable last = own(adversary, HOST4, HOST6, "after");
            List<String> seen = new ArrayList<>(inbox4.until("own after", last));
            seen.addAll(inbox6.until("own after", last));
            assertThat(forged(seen))
                    .as("forged datagrams that programs of the host received")
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"BPF, l2", "BPF, l3", "FORWARD, l2", "FORWARD, l3"})
    void noRouterOrNeighbourIsBelieved(Redirect redirect, String mode) {
        try (NetworkNamespace host = NetworkNamespace.current();
                UdpInbox inbox = UdpInbox.open(host, HOST4, Forgery.PORT);
                Lease lease = lease(redirect, mode);
                Adversary adversary = adversary(lease)) {
            inbox.until("own before", own(adversary, HOST4, HOST6, "before"));
            List<String> before = beliefs(lease.info().name());
            sendAll(adversary, Forgery.routers(adversary, HOST6, OWN6));
            sendAll(adversary, Forgery.neighbours(adversary, HOST4, HOST6));
            inbox.until("own after", own(adversary, HOST4, HOST6, "after"));
            assertThat(beliefs(lease.info().name())).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @CsvSource({"BPF, l2", "FORWARD, l2"})
    void noFrameForAnotherLinkLayerOrVlanReachesADeviceOnTopOfTheHostsEnd(Redirect redirect, String mode) {
        try (Lease lease = lease(redirect, mode);
                Adversary adversary = adversary(lease)) {
            String end = lease.info().name();
            Commands.script("""
                    ip link add link %s name adv.5 up type vlan id 5
                    ip address add 203.0.113.1/24 dev adv.5
                    """.formatted(end));
            try (NetworkNamespace host = NetworkNamespace.current();
                    UdpInbox inbox = UdpInbox.open(host, "203.0.113.1", Forgery.PORT);
                    UdpInbox reference = UdpInbox.open(host, HOST4, Forgery.PORT)) {
                byte[] frame = adversary.ipv4(Ipv4.udp("203.0.113.2", "203.0.113.1", Forgery.PORT, Forgery.MARK));
                adversary.send(Frames.tagged(Frames.VLAN, 5, frame));
                reference.until("own after", own(adversary, HOST4, HOST6, "after"));
                assertThat(inbox.received()).isEmpty();
            }
            Commands.run("ip", "link", "delete", "adv.5");
        }
    }

    /** The host's end, whatever the namespace's defaults are. */
    @ParameterizedTest
    @CsvSource({"BPF, l2", "BPF, l3", "FORWARD, l2", "FORWARD, l3", "NONE, l2", "NONE, l3"})
    void theHostsEndConfiguresNothingByWhatItHears(Redirect redirect, String mode) {
        String defaults = Commands.script("""
                cd /proc/sys/net
                for name in ipv6/conf/default/{accept_ra,autoconf,accept_redirects} ipv4/conf/default/accept_redirects
                do echo "echo $(cat $name) >/proc/sys/net/$name"; done
                for name in ipv6/conf/default/autoconf ipv6/conf/default/accept_redirects \\
                        ipv4/conf/default/accept_redirects; do echo 1 >$name; done
                echo 2 >ipv6/conf/default/accept_ra
                """);
        try {
            LeaseSpec.Builder spec =
                    redirect == Redirect.NONE ? LeaseSpec.of("qnic0", guest().netns()) : guest().spec();
            try (Lease lease =
                    leases().create(spec.redirect(redirect).mode(mode(mode)).build())) {
                String name = lease.info().name();
                try (Adversary adversary = adversary(lease)) {
                    List<String> before = beliefs(name);
                    sendAll(adversary, Forgery.routers(adversary, HOST6, OWN6));
                    sendAll(adversary, Forgery.neighbours(adversary, HOST4, HOST6));
                    Commands.run("sleep", "0.3");
                    assertThat(beliefs(name)).isEqualTo(before);
                }
            }
        } finally {
            Commands.script(defaults);
        }
    }

    /**
     * That the frames are what they should be: a pair that no lease made takes all of them, and the advertisement
     * works.
     */
    @Test
    void aPairWithoutALeaseTakesItAll() {
        try (Rtnetlink host = Rtnetlink.open();
                NetworkNamespace here = NetworkNamespace.current()) {
            int primary = host.links()
                    .create(LinkSpec.named("advhost")
                            .netkit(NetkitSpec.pair(LinkSpec.named("nk0").netns(guest().netns()))
                                    .mode(NetkitMode.L2))
                            .up())
                    .ifindex();
            try (Rtnetlink there = Rtnetlink.open(guest().netns())) {
                there.links().up(there.links().get("nk0").ifindex());
            }
            try (PacketSocket end = PacketSocket.open(here, "advhost");
                    Adversary adversary = Adversary.at(guest().netns(), "nk0", "advhost")) {
                host.addresses().add(primary, IpPrefix.parse("fe80::7/64"));
                List<Forgery> forgeries = Forgery.sources(adversary, HOST4, HOST6);
                sendAll(adversary, forgeries);
                String seen = String.join("\n", end.until("own after", own(adversary, HOST4, HOST6, "after")));
                assertThat(forgeries)
                        .filteredOn(forgery ->
                                !seen.contains(Forgery.MARK + forgery.name().replaceAll(",.*", "")))
                        .extracting(Forgery::name)
                        .isEmpty();
                sendAll(adversary, Forgery.routers(adversary, HOST6, OWN6));
                Commands.run("sleep", "0.3");
                assertThat(beliefs("advhost")).anyMatch(line -> line.startsWith("default via fe80::"));
            } finally {
                host.links().delete(primary);
            }
        }
    }
}
