package dev.qlease.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the guard of forwarding lets through in a router that is a namespace of this machine: between a network where
 * the NIC would be, one where a guest would be, one of another guest and one of the host's own.
 */
@Tag("host")
class ForwardGuardHostTest {
    /** The kernel tells IPv6 of a link up to a second after it is up; net/core/link_watch.c. */
    private static final String AWAIT_LINK =
            "for i in $(seq 500); do grep -qx up /sys/class/net/$1/operstate && exit 0; sleep 0.01; done; exit 1";

    private static final String[] NETWORKS = {"wire", "guest", "other", "own"};

    private NetworkNamespace router;
    private BpfMap counters;
    private BpfMap ipv4;
    private BpfMap ipv6;

    @BeforeEach
    void makeRouter() throws Exception {
        counters = TestRun.counters();
        ipv4 = ForwardGuard.devices();
        ipv6 = ForwardGuard.devices();
        Assumptions.assumeTrue(run("ip", "netns", "add", "fg-router") == 0, "making a namespace takes CAP_SYS_ADMIN");
        router = NetworkNamespace.named("fg-router");
        inRouter(
                "sysctl",
                "-qw",
                "net.ipv4.ip_forward=1",
                "net.ipv6.conf.all.forwarding=1",
                "net.ipv6.conf.default.accept_dad=0");
        for (int i = 0; i < NETWORKS.length; i++) {
            String name = NETWORKS[i];
            assertThat(run("ip", "netns", "add", "fg-" + name)).isZero();
            inRouter("ip", "link", "add", name, "type", "veth", "peer", "name", "up0", "netns", "fg-" + name);
            inRouter("ip", "addr", "add", "10.77." + i + ".1/24", "dev", name);
            inRouter("ip", "addr", "add", "fd77:" + i + "::1/64", "dev", name, "nodad");
            inRouter("ip", "link", "set", name, "up");
            in(name, "ip", "addr", "add", "10.77." + i + ".2/24", "dev", "up0");
            in(name, "ip", "addr", "add", "fd77:" + i + "::2/64", "dev", "up0", "nodad");
            in(name, "ip", "link", "set", "up0", "up");
            in(name, "ip", "route", "add", "default", "via", "10.77." + i + ".1");
            in(name, "ip", "-6", "route", "add", "default", "via", "fd77:" + i + "::1");
        }
        for (String name : NETWORKS) {
            inRouter("sh", "-c", AWAIT_LINK, "sh", name);
            in(name, "sh", "-c", AWAIT_LINK, "sh", "up0");
        }
    }

    @AfterEach
    void removeAll() throws Exception {
        if (router != null) {
            router.close();
        }
        for (String name : NETWORKS) {
            run("ip", "netns", "del", "fg-" + name);
        }
        run("ip", "netns", "del", "fg-router");
        for (BpfMap map : new BpfMap[] {counters, ipv4, ipv6}) {
            map.close();
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor();
    }

    private static void in(String network, String... command) throws Exception {
        assertThat(runIn("fg-" + network, command))
                .as(String.join(" ", command))
                .isZero();
    }

    private static void inRouter(String... command) throws Exception {
        in("router", command);
    }

    private static int runIn(String netns, String... command) throws Exception {
        String[] all = new String[command.length + 4];
        System.arraycopy(new String[] {"ip", "netns", "exec", netns}, 0, all, 0, 4);
        System.arraycopy(command, 0, all, 4, command.length);
        return run(all);
    }

    private static DatagramSocket socket(String network, InetSocketAddress at) {
        try (NetworkNamespace namespace = NetworkNamespace.named("fg-" + network)) {
            return namespace.run(() -> {
                try {
                    return new DatagramSocket(at);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** Whether a datagram arrives. */
    private static boolean reaches(String from, String to, boolean byIpv6) throws IOException {
        InetSocketAddress source = new InetSocketAddress(address(from, byIpv6), 0);
        InetSocketAddress destination = new InetSocketAddress(address(to, byIpv6), 4000);
        try (DatagramSocket receiver = socket(to, destination);
                DatagramSocket sender = socket(from, source)) {
            receiver.setSoTimeout(500);
            sender.send(new DatagramPacket(new byte[] {1}, 1, destination));
            receiver.receive(new DatagramPacket(new byte[1], 1));
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }

    private static InetAddress address(String network, boolean byIpv6) {
        int index = List.of(NETWORKS).indexOf(network);
        return InetAddress.ofLiteral(byIpv6 ? "fd77:" + index + "::2" : "10.77." + index + ".2");
    }

    private int ifindex(String name) throws Exception {
        Process process = new ProcessBuilder(
                        "ip", "netns", "exec", "fg-router", "cat", "/sys/class/net/" + name + "/ifindex")
                .start();
        try (var text = process.inputReader()) {
            return Integer.parseInt(text.readLine());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatGuestsAndTheirNicForwardStaysAmongThem(boolean byIpv6) throws Exception {
        BpfMap devices = byIpv6 ? ipv6 : ipv4;
        ForwardGuard.addNic(devices, ifindex("wire"));
        ForwardGuard.addGuest(devices, ifindex("guest"), ifindex("wire"));
        ForwardGuard.addGuest(devices, ifindex("other"), ifindex("wire"));
        try (Program program = TestRun.load(ForwardGuard.program(devices, counters));
                BpfLink link = BpfLink.attachToForwarding(program, byIpv6, router)) {
            assertThat(link.programId()).isEqualTo(program.id());
            assertThat(reaches("guest", "wire", byIpv6)).isTrue();
            assertThat(reaches("wire", "guest", byIpv6)).isTrue();
            assertThat(reaches("guest", "other", byIpv6)).isTrue();
            assertThat(reaches("guest", "own", byIpv6)).isFalse();
            assertThat(DropReason.read(counters)).containsEntry(DropReason.FORWARDED_FROM_GUEST, 1L);
            assertThat(reaches("wire", "own", byIpv6)).isFalse();
            assertThat(DropReason.read(counters)).containsEntry(DropReason.FORWARDED_FROM_NIC, 1L);
            assertThat(reaches("own", "guest", byIpv6)).isFalse();
            assertThat(DropReason.read(counters)).containsEntry(DropReason.FORWARDED_TO_GUEST, 1L);
            assertThat(reaches("own", "wire", byIpv6)).as("not guarded").isTrue();
            assertThat(reaches("wire", "own", !byIpv6)).as("the other family").isTrue();
            assertThat(devices.remove(ifindex("wire"))).isTrue();
            assertThat(reaches("wire", "own", byIpv6))
                    .as("a NIC that is not guarded")
                    .isTrue();
            assertThat(reaches("wire", "guest", byIpv6)).isTrue();
            assertThat(reaches("own", "guest", byIpv6)).isFalse();
            assertThatThrownBy(() -> BpfLink.attachToForwarding(program, byIpv6, router))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> assertThat(e.is(Errno.EBUSY)).isTrue());
        }
        assertThat(reaches("guest", "own", byIpv6)).as("without the guard").isTrue();
    }

    @Test
    void aMapOfNumbersIsReadChangedAndListed() {
        assertThat(ipv4.keys()).isEmpty();
        ipv4.put(7, 1L << 40);
        ipv4.put(-1, -2);
        assertThat(ipv4.get(7)).hasValue(1L << 40);
        assertThat(ipv4.get(-1)).hasValue(-2);
        assertThat(ipv4.get(8)).isEmpty();
        assertThat(ipv4.keys()).containsExactlyInAnyOrder(7, -1);
        assertThat(ipv4.remove(7)).isTrue();
        assertThat(ipv4.remove(7)).isFalse();
        assertThat(ipv4.keys()).containsExactly(-1);
        assertThat(ipv4.info().name()).isEqualTo("qlease_devices");
        assertThat(ipv4.info().id()).isPositive().isNotEqualTo(ipv6.info().id());
        int reasons = DropReason.values().length;
        assertThat(counters.keys()).hasSize(reasons);
        assertThat(DropReason.read(counters))
                .hasSize(reasons)
                .allSatisfy((_, count) -> assertThat(count).isZero());
        assertThatThrownBy(() -> counters.put(reasons, 1))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.is(Errno.E2BIG)).isTrue());
        assertThatThrownBy(() -> BpfMap.array("sixteen_letters_", 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> BpfMap.hash("none", 0)).hasMessage("a BPF map has 1 entry or more, not 0");
    }

    @Test
    void aSmallerMapOfAnOlderVersionIsReadAsFarAsItGoes() {
        try (BpfMap older = BpfMap.array("older", 2)) {
            assertThat(DropReason.read(older)).isEqualTo(Map.of(DropReason.VLAN, 0L, DropReason.ETHERTYPE, 0L));
        }
        BpfMap closed = BpfMap.array("closed", 1);
        closed.close();
        closed.close();
        assertThatThrownBy(() -> closed.get(0)).isInstanceOf(IllegalStateException.class);
    }
}
