package dev.qlease.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.NetkitMode;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A guest that is root in its namespace and sends what it likes by a packet socket: what of it arrives at the wire and
 * at the host's stack.
 */
@Tag("vm")
class GuestAdversaryVmTest {
    private static final String OWN4 = "198.51.100.10";
    private static final String OWN6 = "2001:db8:9::10";
    private static final String REMOTE4 = "192.0.2.2";
    private static final String REMOTE6 = "2001:db8:1::2";
    private static final String HOST4 = "198.51.100.1";
    private static final String HOST6 = "2001:db8:9::1";
    private static final byte[] MARK = "qlease-adversary".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] UDP = Frame.udp(MARK);

    private final Map<Path, String> sysctls = new HashMap<>();
    private GuardedPair pair;

    @BeforeEach
    void open() {
        pair = new GuardedPair();
    }

    @AfterEach
    void close() throws IOException {
        pair.close();
        for (Map.Entry<Path, String> each : sysctls.entrySet()) {
            Files.writeString(each.getKey(), each.getValue());
        }
    }

    private void make(String mode, String redirect) throws IOException {
        pair.make(mode.equals("l2") ? NetkitMode.L2 : NetkitMode.L3);
        if (redirect.equals("bpf")) {
            pair.redirect(GuardedPair.POLICY);
            return;
        }
        for (String family : List.of("ipv4/conf/%s/forwarding", "ipv6/conf/%s/force_forwarding")) {
            Path nic = Path.of("/proc/sys/net", family.formatted("qnic0"));
            sysctls.put(nic, Files.readString(nic));
            Files.writeString(nic, "1");
            Files.writeString(Path.of("/proc/sys/net", family.formatted("nk0")), "1");
        }
        pair.forward(GuardedPair.POLICY);
    }

    private static DatagramSocket socket(NetworkNamespace namespace, String address, int port) {
        return namespace.run(() -> {
            try {
                return new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral(address), port));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static boolean reaches(
            NetworkNamespace from, String source, NetworkNamespace to, String destination, int tries)
            throws IOException {
        try (DatagramSocket receiver = socket(to, destination, 4100);
                DatagramSocket sender = socket(from, source, 0)) {
            receiver.setSoTimeout(1000);
            for (int i = 0; i < tries; i++) {
                sender.send(new DatagramPacket(new byte[] {1}, 1, receiver.getLocalSocketAddress()));
                try {
                    receiver.receive(new DatagramPacket(new byte[1], 1));
                    return true;
                } catch (SocketTimeoutException e) {
                    continue;
                }
            }
            return false;
        }
    }

    private int remoteIfindex() {
        try (Rtnetlink there = Rtnetlink.open(pair.remote)) {
            return there.links().get("qnic1").ifindex();
        }
    }

    private static long marked(List<byte[]> frames) {
        return frames.stream().filter(GuestAdversaryVmTest::isMarked).count();
    }

    private static boolean isMarked(byte[] frame) {
        for (int i = 0; i + MARK.length <= frame.length; i++) {
            if (Arrays.equals(frame, i, i + MARK.length, MARK, 0, MARK.length)) {
                return true;
            }
        }
        return false;
    }

    /** Frames that carry the mark, each with why it is dropped. */
    private static Map<byte[], DropReason> hostile() {
        Map<byte[], DropReason> frames = new HashMap<>();
        for (String from : List.of("192.0.2.1", HOST4, "8.8.8.8", "198.51.100.11")) {
            frames.put(Frame.ipv4(from, REMOTE4, Frame.UDP, UDP), DropReason.SOURCE);
            frames.put(Frame.ipv4(from, HOST4, Frame.UDP, UDP), DropReason.SOURCE);
            frames.put(Frame.ipv4(from, REMOTE4, Frame.UDP, 0x2000, new byte[0], UDP), DropReason.SOURCE);
            frames.put(Frame.ipv4(from, REMOTE4, Frame.UDP, 4, new byte[0], UDP), DropReason.SOURCE);
            frames.put(Frame.ipv4(from, REMOTE4, Frame.UDP, 0, new byte[] {1, 1, 1, 0}, UDP), DropReason.SOURCE);
        }
        for (String from : List.of("2001:db8:1::1", HOST6, "2606:4700::1111", "2001:db8:9::11", "fe80::5")) {
            frames.put(Frame.ipv6(from, REMOTE6, Frame.UDP, UDP), DropReason.SOURCE);
            frames.put(Frame.ipv6(from, HOST6, Frame.UDP, UDP), DropReason.SOURCE);
            byte[] first = Frame.fragment(0, true, Frame.UDP, UDP);
            frames.put(Frame.ipv6(from, REMOTE6, Frame.FRAGMENT, first), DropReason.SOURCE);
            byte[] later = Frame.fragment(8, false, Frame.UDP, UDP);
            frames.put(Frame.ipv6(from, REMOTE6, Frame.FRAGMENT, later), DropReason.SOURCE);
            byte[] hops = Frame.extension(Frame.HOP_BY_HOP, Frame.UDP, UDP);
            frames.put(Frame.ipv6(from, REMOTE6, Frame.HOP_BY_HOP, hops), DropReason.SOURCE);
        }
        byte[] good = Frame.ipv4(OWN4, REMOTE4, Frame.UDP, UDP);
        frames.put(Frame.tagged(0x8100, 0, good), DropReason.VLAN);
        frames.put(Frame.tagged(0x8100, 5, good), DropReason.VLAN);
        frames.put(Frame.tagged(0x88a8, 5, Frame.tagged(0x8100, 5, good)), DropReason.VLAN);
        frames.put(Frame.ethernet(0x88cc, MARK), DropReason.ETHERTYPE);
        for (String to : List.of("224.0.0.251", "255.255.255.255", "169.254.169.254", "127.0.0.1")) {
            frames.put(Frame.ipv4(OWN4, to, Frame.UDP, UDP), DropReason.SPECIAL_DESTINATION);
        }
        for (String to : List.of("ff02::fb", "fe80::1", "::1", "::ffff:192.0.2.2")) {
            frames.put(Frame.ipv6(OWN6, to, Frame.UDP, UDP), DropReason.SPECIAL_DESTINATION);
        }
        byte[] route = {(byte) 131, 7, 4, 10, 99, 0, 2, 0};
        frames.put(Frame.ipv4(OWN4, HOST4, Frame.UDP, 0, route, UDP), DropReason.HOST_PROTOCOL);
        byte[] routing = Frame.extension(Frame.ROUTING, Frame.UDP, UDP);
        frames.put(Frame.ipv6(OWN6, HOST6, Frame.ROUTING, routing), DropReason.HOST_PROTOCOL);
        frames.put(Frame.ipv4(OWN4, HOST4, 4, good), DropReason.HOST_PROTOCOL);
        return frames;
    }

    /** Messages about the link, which carry no mark, each with why it is dropped. */
    private static Map<byte[], DropReason> ofTheLink() {
        Map<byte[], DropReason> frames = new HashMap<>();
        byte[] router = Frame.routerAdvertisement("fe80::bad", "ff02::1");
        frames.put(Frame.ipv6("fe80::bad", "ff02::1", Frame.ICMPV6, router), DropReason.DISCOVERY);
        byte[] hidden = Frame.extension(Frame.HOP_BY_HOP, Frame.ICMPV6, router);
        frames.put(Frame.ipv6("fe80::bad", "ff02::1", Frame.HOP_BY_HOP, hidden), DropReason.SOURCE);
        for (int type : new int[] {133, 137, 143}) {
            byte[] message = Frame.neighbour(OWN6, HOST6, type, HOST6);
            frames.put(Frame.ipv6(OWN6, HOST6, Frame.ICMPV6, message), DropReason.DISCOVERY);
        }
        byte[] rogue = Frame.neighbour(OWN6, HOST6, 136, "2001:db8:9::77");
        frames.put(Frame.ipv6(OWN6, HOST6, Frame.ICMPV6, rogue), DropReason.DISCOVERY);
        byte[] behind = Frame.extension(Frame.DESTINATION, Frame.ICMPV6, rogue);
        frames.put(Frame.ipv6(OWN6, HOST6, Frame.DESTINATION, behind), DropReason.HOST_PROTOCOL);
        frames.put(Frame.arp(2, "198.51.100.77", HOST4), DropReason.ARP);
        frames.put(Frame.arp(1, HOST4, HOST4), DropReason.ARP);
        return frames;
    }

    @ParameterizedTest
    @CsvSource({"l2, bpf", "l3, bpf", "l2, forward", "l3, forward"})
    void whatTheGuestMayNotSendArrivesNowhere(String mode, String redirect) throws Exception {
        make(mode, redirect);
        byte[] receiver = hardware(mode, pair.host.links().get(pair.primary).address());
        byte[] sender = hardware(mode, pair.inGuest.links().get(pair.peer).address());
        // The neighbours are found before, and the good packets arrive.
        assertThat(reaches(pair.guest, OWN4, pair.remote, REMOTE4, 10)).isTrue();
        assertThat(reaches(pair.guest, OWN6, pair.remote, REMOTE6, 10)).isTrue();
        assertThat(reaches(pair.remote, REMOTE4, pair.guest, OWN4, 10)).isTrue();
        assertThat(reaches(pair.remote, REMOTE6, pair.guest, OWN6, 10)).isTrue();
        Map<byte[], DropReason> all = hostile();
        all.putAll(ofTheLink());
        List<String> wrong = new ArrayList<>();
        try (FrameSocket guest = FrameSocket.open(pair.guest, pair.peer);
                FrameSocket stack = FrameSocket.open(NetworkNamespace.ofCaller(), pair.primary);
                FrameSocket wire = FrameSocket.open(pair.remote, remoteIfindex())) {
            all.forEach((frame, reason) -> {
                long before = pair.dropped(reason);
                guest.send(Frame.addressed(frame, receiver, sender(frame, sender)));
                if (pair.dropped(reason) - before < 1) {
                    wrong.add(reason + " " + Arrays.toString(frame));
                }
            });
            byte[] good = Frame.addressed(Frame.ipv4(OWN4, REMOTE4, Frame.UDP, UDP), receiver, sender);
            long before = pair.dropped(DropReason.ETHERTYPE);
            guest.send(good, 0x86dd);
            guest.send(good, 0x0004);
            assertThat(pair.dropped(DropReason.ETHERTYPE) - before).isEqualTo(2);
            assertThat(wrong).isEmpty();
            Thread.sleep(300);
            assertThat(marked(wire.received())).as("at the wire").isZero();
            assertThat(marked(stack.received())).as("at the stack").isZero();
            guest.send(good);
            guest.send(Frame.addressed(
                    Frame.ipv6(OWN6, REMOTE6, Frame.HOP_BY_HOP, Frame.extension(Frame.HOP_BY_HOP, Frame.UDP, UDP)),
                    receiver,
                    sender));
            Thread.sleep(300);
            // The receiver's errors repeat what they are about.
            assertThat(wire.received().stream()
                            .filter(GuestAdversaryVmTest::isMarked)
                            .map(frame -> (frame[12] & 0xff) == 0x86 ? frame[20] : frame[23]))
                    .as("protocols of the good frames")
                    .contains((byte) Frame.UDP, (byte) Frame.HOP_BY_HOP);
        }
        assertThat(routes()).doesNotContain("2001:db8:bad", "fe80::bad");
    }

    /** In ARP the frame's address stands in the message as well. */
    private static byte[] sender(byte[] frame, byte[] sender) {
        return frame[12] == 0x08 && frame[13] == 0x06 ? Frame.SENDER : sender;
    }

    private static byte[] hardware(String mode, Optional<?> address) {
        if (mode.equals("l3")) {
            return new byte[6];
        }
        String[] parts = address.orElseThrow().toString().split(":");
        byte[] bytes = new byte[6];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(parts[i], 16);
        }
        return bytes;
    }

    private static String routes() throws Exception {
        Process process = new ProcessBuilder("ip", "-6", "route", "show", "table", "all").start();
        try (var text = process.inputReader()) {
            return String.join("\n", text.readAllLines());
        }
    }

    @Test
    void aGuestWithALargerMtuSendsNothingLongerThanTheNicDoes() throws Exception {
        make("l2", "bpf");
        assertThat(reaches(pair.guest, OWN4, pair.remote, REMOTE4, 10)).isTrue();
        ip("link", "set", "nk0", "mtu", "9000");
        ip("-n", GuardedPair.GUEST, "link", "set", "nk1", "mtu", "9000");
        byte[] datagram = Arrays.copyOf(UDP, 5000);
        byte[] receiver = hardware("l2", pair.host.links().get(pair.primary).address());
        try (FrameSocket guest = FrameSocket.open(pair.guest, pair.peer);
                FrameSocket wire = FrameSocket.open(pair.remote, remoteIfindex())) {
            guest.send(Frame.addressed(Frame.ipv4(OWN4, REMOTE4, Frame.UDP, datagram), receiver, Frame.SENDER));
            assertThat(pair.dropped(DropReason.TOO_LONG)).isEqualTo(1);
            Thread.sleep(300);
            assertThat(marked(wire.received())).isZero();
        }
    }

    private static void ip(String... arguments) throws Exception {
        List<String> command =
                Stream.concat(Stream.of("ip"), Stream.of(arguments)).toList();
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                .as(String.join(" ", command))
                .isZero();
    }

    @Test
    void forwardingOpensNoOtherNetworkOfTheHost() throws Exception {
        make("l2", "forward");
        try (NetworkNamespace management = NetworkNamespace.create("guarded-mgmt")) {
            ip("link", "add", "mgmt", "type", "veth", "peer", "name", "up0", "netns", "guarded-mgmt");
            ip("addr", "add", "10.99.0.1/24", "dev", "mgmt");
            ip("link", "set", "mgmt", "up");
            ip("-n", "guarded-mgmt", "addr", "add", "10.99.0.2/24", "dev", "up0");
            ip("-n", "guarded-mgmt", "link", "set", "up0", "up");
            ip("-n", "remote", "route", "add", "10.99.0.0/24", "via", "192.0.2.1");
            try {
                assertThat(reaches(pair.guest, OWN4, pair.remote, REMOTE4, 10)).isTrue();
                assertThat(reaches(pair.guest, OWN4, management, "10.99.0.2", 2))
                        .isFalse();
                assertThat(pair.dropped(DropReason.FORWARDED_FROM_GUEST)).isEqualTo(2);
                assertThat(reaches(pair.remote, REMOTE4, management, "10.99.0.2", 2))
                        .isFalse();
                assertThat(pair.dropped(DropReason.FORWARDED_FROM_NIC)).isEqualTo(2);
            } finally {
                ip("-n", "remote", "route", "del", "10.99.0.0/24");
                ip("link", "del", "mgmt");
            }
        } finally {
            NetworkNamespace.delete("guarded-mgmt");
        }
    }
}
