package dev.qlease.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.AddressSpec;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a guest sends whose checksum is still to be written, over a pair of veth devices of this machine's kernel. */
@Tag("host")
class PendingChecksumHostTest {
    private static final String GUEST4 = "192.0.2.10";
    private static final String GUEST6 = "2001:db8:1::10";
    private static final String HOST4 = "192.0.2.1";
    private static final String HOST6 = "2001:db8:1::1";
    private static final int UDP_CHECKSUM = 6;
    private static final byte[] UDP = Frame.udp((byte) 1, (byte) 2, (byte) 3);
    private static final byte[] OPTIONS = {1, 1, 1, 0};

    private Sandbox host;
    private Sandbox guest;
    private BpfMap counters;
    private BpfLink link;
    private FrameSocket socket;

    @BeforeEach
    void connectGuest() throws InterruptedException {
        Assumptions.assumeTrue(BpfLink.supports(AttachType.TCX_INGRESS), "this kernel has no tcx");
        host = Sandbox.create();
        guest = Sandbox.create();
        counters = TestRun.counters();
        int outer = host.rtnl()
                .links()
                .create(LinkSpec.named("outer")
                        .address(HardwareAddress.parse("02:00:00:00:00:01"))
                        .veth(LinkSpec.named("inner")
                                .address(HardwareAddress.parse("02:00:00:00:00:02"))
                                .netns(guest.namespace()))
                        .up())
                .ifindex();
        int inner = guest.rtnl().links().get("inner").ifindex();
        guest.rtnl().links().up(inner);
        addAddresses(host, outer, HOST4, HOST6);
        addAddresses(guest, inner, GUEST4, GUEST6);
        host.awaitUp(outer);
        guest.awaitUp(inner);
        GuestPolicy policy = new GuestPolicy(addresses(GUEST4, GUEST6), List.of(), addresses(HOST4, HOST6));
        try (Program program = TestRun.load(GuestPrograms.fromGuestToStack(policy, counters))) {
            link = BpfLink.attach(program, AttachType.TCX_INGRESS, outer, host.namespace());
        }
        socket = FrameSocket.open(guest.namespace(), inner);
    }

    private static void addAddresses(Sandbox sandbox, int ifindex, String ipv4, String ipv6) {
        sandbox.rtnl().addresses().add(ifindex, IpPrefix.parse(ipv4 + "/24"));
        sandbox.rtnl()
                .addresses()
                .add(ifindex, AddressSpec.of(IpPrefix.parse(ipv6 + "/64")).nodad());
    }

    private static List<IpAddress> addresses(String... texts) {
        return Stream.of(texts).map(IpAddress::parse).toList();
    }

    @AfterEach
    void disconnect() throws Exception {
        for (AutoCloseable made : new AutoCloseable[] {socket, link, counters, guest, host}) {
            if (made != null) {
                made.close();
            }
        }
    }

    private long dropped(DropReason reason) {
        return counters.get(reason.key()).orElseThrow();
    }

    /** Waits until one packet has been dropped for {@code reason}, and requires that no other was malformed. */
    private void awaitDrop(DropReason reason) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (dropped(reason) == 0) {
            assertThat(System.nanoTime()).as("until a packet is dropped").isLessThan(deadline);
            Thread.sleep(5);
        }
        assertThat(dropped(reason)).isEqualTo(1);
        assertThat(dropped(DropReason.MALFORMED)).isEqualTo(reason == DropReason.MALFORMED ? 1 : 0);
    }

    static Stream<Arguments> forged() {
        byte[] ipv4 = Frame.ipv4(GUEST4, HOST4, Frame.UDP, UDP);
        byte[] ipv6 = Frame.ipv6(GUEST6, HOST6, Frame.UDP, UDP);
        byte[] echo = {8, 0, 0, 0, 0, 0, 0, 0};
        byte[] echo6 = {(byte) 128, 0, 0, 0, 0, 0, 0, 0};
        byte[] solicitation = Frame.neighbour(GUEST6, HOST6, 135, HOST6);
        return Stream.of(
                Arguments.of("the IPv4 source", ipv4, 22, 4),
                Arguments.of("the IPv4 source's second half", ipv4, 22, 6),
                Arguments.of("the IPv4 protocol", ipv4, 20, 3),
                Arguments.of("the end of the IPv4 header", ipv4, 33, 0),
                Arguments.of("UDP's place, from in the IPv4 header", ipv4, 33, 7),
                Arguments.of("IPv4 options", Frame.ipv4(GUEST4, HOST4, Frame.UDP, 0, OPTIONS, UDP), 34, 2),
                Arguments.of("the IPv6 source", ipv6, 22, 14),
                Arguments.of("the IPv6 source's first half", ipv6, 22, 0),
                Arguments.of("the IPv6 destination", ipv6, 38, 0),
                Arguments.of("the end of the IPv6 header", ipv6, 53, 0),
                Arguments.of("UDP's place, from in the IPv6 header", ipv6, 53, 7),
                Arguments.of("the ICMP type", Frame.ipv4(GUEST4, HOST4, Frame.ICMP, echo), 34, 0),
                Arguments.of("the ICMPv6 type", Frame.ipv6(GUEST6, HOST6, Frame.ICMPV6, echo6), 54, 0),
                Arguments.of("the target", Frame.ipv6(GUEST6, HOST6, Frame.ICMPV6, solicitation), 54, 22),
                Arguments.of("the ARP sender", Frame.arp(1, GUEST4, HOST4), 22, 6));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("forged")
    void aChecksumThatWouldBeWrittenOverWhatWasCheckedIsDropped(String title, byte[] frame, int start, int offset)
            throws InterruptedException {
        socket.sendWithoutChecksum(frame, start, offset);
        awaitDrop(DropReason.MALFORMED);
    }

    @Test
    void ipv4OptionsCountAsHeader() throws InterruptedException {
        socket.sendWithoutChecksum(Frame.ipv4(GUEST4, HOST4, Frame.UDP, 0, OPTIONS, UDP), 38, UDP_CHECKSUM);
        awaitDrop(DropReason.HOST_PROTOCOL);
    }

    private static <T> T opened(Sandbox in, OpenedInNamespace<T> opening) {
        return in.namespace().run(() -> {
            try {
                return opening.open();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private interface OpenedInNamespace<T> {
        T open() throws IOException;
    }

    private static InetAddress hostAddress(boolean ipv6) {
        return InetAddress.ofLiteral(ipv6 ? HOST6 : HOST4);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aChecksumThatWouldBeWrittenBehindTheHeaderPasses(boolean ipv6) throws IOException {
        try (DatagramSocket receiver =
                opened(host, () -> new DatagramSocket(new InetSocketAddress(hostAddress(ipv6), 9)))) {
            receiver.setSoTimeout(10_000);
            // As yet the sum of the pseudo header; over IPv6 it is not 0.
            byte[] udp = ByteBuffer.wrap(UDP.clone())
                    .putShort(UDP_CHECKSUM, (short) 1)
                    .array();
            byte[] frame = ipv6 ? Frame.ipv6(GUEST6, HOST6, Frame.UDP, udp) : Frame.ipv4(GUEST4, HOST4, Frame.UDP, udp);
            socket.sendWithoutChecksum(frame, ipv6 ? 54 : 34, UDP_CHECKSUM);
            DatagramPacket packet = new DatagramPacket(new byte[10], 10);
            receiver.receive(packet);
            assertThat(packet.getAddress()).isEqualTo(InetAddress.ofLiteral(ipv6 ? GUEST6 : GUEST4));
            assertThat(packet.getData()).startsWith(1, 2, 3);
        }
        assertThat(dropped(DropReason.MALFORMED)).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void tcpOfTheGuestsStackPasses(boolean ipv6) throws Exception {
        byte[] bytes = new byte[1 << 20];
        new Random(1).nextBytes(bytes);
        try (ServerSocket server = opened(host, () -> new ServerSocket(0, 1, hostAddress(ipv6)))) {
            server.setSoTimeout(10_000);
            try (Socket client = opened(guest, () -> new Socket(hostAddress(ipv6), server.getLocalPort()));
                    Socket accepted = server.accept()) {
                CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                    try {
                        client.getOutputStream().write(bytes);
                        client.shutdownOutput();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
                assertThat(accepted.getInputStream().readAllBytes()).isEqualTo(bytes);
                sending.get(10, TimeUnit.SECONDS);
            }
        }
        assertThat(dropped(DropReason.MALFORMED)).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void echoOfTheGuestsStackPasses(boolean ipv6) {
        assertThat(opened(guest, () -> hostAddress(ipv6).isReachable(10_000))).isTrue();
        assertThat(dropped(DropReason.MALFORMED)).isZero();
    }

    @Test
    void whatTheKernelDoesNotHaveIsNamed() {
        KernelTypes types = KernelTypes.ofKernel();
        assertThat(types.function("bpf_cast_to_kern_ctx")).isPositive();
        assertThatThrownBy(() -> types.function("bpf_cast_to_kern"))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining("function bpf_cast_to_kern:");
        assertThatThrownBy(() -> types.bitField("sk_buff", "csum_start"))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining("bit field csum_start of struct sk_buff");
    }
}
