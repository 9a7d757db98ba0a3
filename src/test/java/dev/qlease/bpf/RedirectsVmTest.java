package dev.qlease.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.ethtool.Ethtool;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netdev.Lease;
import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.QueueId;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.AddressSpec;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.NetkitMode;
import dev.qlease.rtnetlink.NetkitSpec;
import dev.qlease.rtnetlink.RouteSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Device memory from a netkit guest out of the emulated NIC's port qnic0, carried by the two programs while IP forwarding is
 * off, to an ordinary receiver behind the other port.
 */
@Tag("vm")
class RedirectsVmTest {
    private static final String GUEST = "redirects-guest";
    private static final int SIZE = 1 << 20;
    private static final List<IpAddress> ADDRESSES =
            List.of(IpAddress.parse("198.51.100.10"), IpAddress.parse("2001:db8:9::10"));
    private static final List<IpAddress> PRIMARY =
            List.of(IpAddress.parse("198.51.100.1"), IpAddress.parse("2001:db8:9::1"));
    private static final List<IpAddress> NIC = List.of(IpAddress.parse("192.0.2.1"), IpAddress.parse("2001:db8:1::1"));

    private NetworkNamespace guest;
    private NetworkNamespace remote;
    private Rtnetlink host;
    private Rtnetlink inGuest;
    private int nic;
    private int primary;
    private int peer;

    @BeforeEach
    void openNamespaces() {
        guest = NetworkNamespace.create(GUEST);
        remote = NetworkNamespace.named("remote");
        host = Rtnetlink.open();
        inGuest = Rtnetlink.open(guest);
        nic = host.links().get("qnic0").ifindex();
    }

    @AfterEach
    void takeItAllBack() {
        host.links().find("nk0").ifPresent(link -> host.links().delete(link.ifindex()));
        try (Rtnetlink there = Rtnetlink.open(remote)) {
            for (RouteSpec route : routesBack()) {
                there.routes().replace(route);
                there.routes().delete(route);
            }
        }
        inGuest.close();
        host.close();
        remote.close();
        guest.close();
        NetworkNamespace.delete(GUEST);
    }

    private static List<RouteSpec> routesBack() {
        return List.of(
                RouteSpec.to(IpPrefix.of(ADDRESSES.get(0))).via(NIC.get(0)),
                RouteSpec.to(IpPrefix.of(ADDRESSES.get(1))).via(NIC.get(1)));
    }

    private void makePair(NetkitMode mode) {
        primary = host.links()
                .create(LinkSpec.named("nk0")
                        .up()
                        .netkit(NetkitSpec.pair(
                                        LinkSpec.named("nk1").numRxQueues(2).netns(guest))
                                .mode(mode)))
                .ifindex();
        peer = inGuest.links().get("nk1").ifindex();
        inGuest.links().up(peer);
        for (int i = 0; i < 2; i++) {
            int length = i == 0 ? 24 : 64;
            host.addresses()
                    .add(
                            primary,
                            AddressSpec.of(new IpPrefix(PRIMARY.get(i), length)).nodad());
            inGuest.addresses()
                    .add(
                            peer,
                            AddressSpec.of(new IpPrefix(ADDRESSES.get(i), length))
                                    .nodad());
            inGuest.routes()
                    .add(RouteSpec.to(i == 0 ? IpPrefix.ALL_IPV4 : IpPrefix.ALL_IPV6)
                            .via(PRIMARY.get(i))
                            .oif(peer));
        }
        try (Rtnetlink there = Rtnetlink.open(remote)) {
            routesBack().forEach(there.routes()::replace);
        }
    }

    private void lease() {
        int hostId = inGuest.links().get(peer).linkNetnsid().orElseThrow();
        try (Netdev netdev = Netdev.open(guest)) {
            netdev.createQueue(peer, new Lease(nic, QueueId.rx(3), OptionalInt.of(hostId)));
        }
    }

    private static String sysctl(String name) throws IOException {
        return Files.readString(Path.of("/proc/sys/net", name)).strip();
    }

    private static long unreadableBytes() {
        try (Ethtool ethtool = Ethtool.open()) {
            return ethtool.statistics("qnic0").stream()
                    .filter(statistic -> statistic.name().equals("tx_unreadable_bytes"))
                    .findFirst()
                    .orElseThrow()
                    .value();
        }
    }

    private static ServerSocketChannel listen(String address) {
        try {
            return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CompletableFuture<byte[]> receive(ServerSocketChannel server, int size) {
        return CompletableFuture.supplyAsync(() -> {
            ByteBuffer received = ByteBuffer.allocate(size);
            try (SocketChannel sender = server.accept()) {
                while (received.hasRemaining() && sender.read(received) >= 0) {
                    Thread.onSpinWait();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return Arrays.copyOf(received.array(), received.position());
        });
    }

    private static Attachment attach(Program program, String at, int ifindex) {
        return switch (at) {
            case "netkit_peer" -> BpfLink.attach(program, AttachType.NETKIT_PEER, ifindex, null);
            case "tcx_ingress" -> BpfLink.attach(program, AttachType.TCX_INGRESS, ifindex, null);
            case "clsact" -> ClsactFilter.attach(program, true, ifindex, null);
            default -> throw new IllegalArgumentException(at);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "l2, netkit_peer, 192.0.2.2",
        "l2, netkit_peer, 2001:db8:1::2",
        "l3, netkit_peer, 192.0.2.2",
        "l3, netkit_peer, 2001:db8:1::2",
        "l2, tcx_ingress, 192.0.2.2",
        "l2, tcx_ingress, 2001:db8:1::2",
        "l3, tcx_ingress, 192.0.2.2",
        "l3, tcx_ingress, 2001:db8:1::2",
        "l2, clsact, 192.0.2.2",
        "l3, clsact, 2001:db8:1::2"
    })
    void deviceMemoryArrivesThroughThePrograms(String mode, String at, String destination) throws Exception {
        assertThat(sysctl("ipv4/ip_forward")).isEqualTo("0");
        assertThat(sysctl("ipv6/conf/all/forwarding")).isEqualTo("0");
        makePair(mode.equals("l2") ? NetkitMode.L2 : NetkitMode.L3);
        lease();
        byte[] bytes = new byte[SIZE];
        new Random(7).nextBytes(bytes);
        long before = unreadableBytes();
        try (Program toGuest = Program.load(Redirects.toGuest(ADDRESSES, primary));
                Program toNic = Program.load(Redirects.toNic(nic));
                Attachment in = attach(toGuest, at.equals("clsact") ? at : "tcx_ingress", nic);
                Attachment out = attach(toNic, at, primary);
                DmaBuf dmaBuf = Udmabuf.pages().allocate(SIZE);
                TxBinding binding = TxBinding.bind(guest, peer, dmaBuf);
                ServerSocketChannel server = remote.run(() -> listen(destination))) {
            assertThat(in.programId()).isEqualTo(toGuest.id());
            assertThat(out.programId()).isEqualTo(toNic.id());
            binding.write(0, MemorySegment.ofArray(bytes));
            CompletableFuture<byte[]> received = receive(server, SIZE);
            try (DevmemSocket socket = DevmemSocket.connect(
                    binding, guest, "nk1", (InetSocketAddress) server.getLocalAddress(), Duration.ofSeconds(20))) {
                for (long sent = 0; sent < SIZE; ) {
                    sent += socket.send(sent, SIZE - sent);
                }
                assertThat(socket.awaitCompletions(Duration.ofSeconds(30))).isTrue();
                assertThat(socket.copied()).isZero();
                assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(bytes);
            }
        }
        assertThat(unreadableBytes() - before).isGreaterThanOrEqualTo(SIZE);
    }

    /** The guest connects from its namespace to a listener in the host's. */
    private boolean connects(String address) throws IOException {
        try (ServerSocketChannel server = listen(address);
                SocketChannel client = guest.run(() -> {
                    try {
                        return SocketChannel.open();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })) {
            client.socket().connect(server.getLocalAddress(), 1500);
            return true;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        }
    }

    @ParameterizedTest
    @CsvSource({"l2, 198.51.100.1", "l2, 2001:db8:9::1", "l3, 198.51.100.1", "l3, 2001:db8:9::1"})
    void theHostIsReachedAtTheAddressesThatAreLocal(String mode, String address) throws Exception {
        makePair(mode.equals("l2") ? NetkitMode.L2 : NetkitMode.L3);
        try (Program all = Program.load(Redirects.toNic(nic));
                BpfLink _ = BpfLink.attach(all, AttachType.NETKIT_PEER, primary, null)) {
            assertThat(connects(address)).isFalse();
        }
        try (Program some = Program.load(Redirects.toNic(nic, PRIMARY));
                BpfLink _ = BpfLink.attach(some, AttachType.NETKIT_PEER, primary, null)) {
            assertThat(connects(address)).isTrue();
        }
    }

    private static void ip(String arguments) throws Exception {
        String[] command = ("ip " + arguments).split(" ");
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                .as(arguments)
                .isZero();
    }

    @Test
    void framesWithAVlanTagAreTheStacks() throws Exception {
        makePair(NetkitMode.L2);
        ip("link add link nk0 name nk0.5 up type vlan id 5");
        ip("addr add 203.0.113.1/24 dev nk0.5");
        ip("-n " + GUEST + " link add link nk1 name nk1.5 up type vlan id 5");
        ip("-n " + GUEST + " addr add 203.0.113.2/24 dev nk1.5");
        try (Program program = Program.load(Redirects.toNic(nic));
                BpfLink _ = BpfLink.attach(program, AttachType.NETKIT_PEER, primary, null)) {
            assertThat(connects("203.0.113.1")).isTrue();
        }
    }

    @Test
    void aNetkitLinkIsAttachedByThePrimaryEndOnly() {
        makePair(NetkitMode.L2);
        try (Program program = Program.load(Redirects.toNic(nic))) {
            try (BpfLink link = BpfLink.attach(program, AttachType.NETKIT_PRIMARY, primary, null)) {
                assertThat(link.info().type()).isEqualTo(BpfLinkType.NETKIT);
                assertThat(link.info().ifindex()).hasValue(primary);
                host.links().delete(primary);
                assertThat(link.info().ifindex()).isEmpty();
            }
            makePair(NetkitMode.L2);
            assertThatThrownBy(() -> BpfLink.attach(program, AttachType.NETKIT_PEER, peer, guest))
                    .hasMessageContaining("it is not the primary end of its netkit pair");
            assertThatThrownBy(() -> BpfLink.attach(program, AttachType.NETKIT_PEER, nic, null))
                    .hasMessageContaining("it is no netkit device");
            int single = host.links()
                    .create(LinkSpec.named("nk9").netkit(NetkitSpec.single()))
                    .ifindex();
            try {
                assertThatThrownBy(() -> BpfLink.attach(program, AttachType.NETKIT_PRIMARY, single, null))
                        .isInstanceOf(UnsupportedException.class);
            } finally {
                host.links().delete(single);
            }
        }
    }

    @Test
    void aLinkIsPinnedWhereAllAre() {
        Path file = Path.of("/sys/fs/bpf/redirects-vm-test");
        try (Program program = Program.load(Redirects.toNic(nic));
                BpfLink link = BpfLink.attach(program, AttachType.TCX_EGRESS, nic, null)) {
            link.pin(file);
            try (BpfLink again = BpfLink.openPinned(file)) {
                assertThat(again.info().id()).isEqualTo(link.info().id());
                again.detach();
            }
            assertThat(link.info().ifindex()).isEmpty();
        } finally {
            assertThat(file.toFile().delete()).isTrue();
        }
    }
}
