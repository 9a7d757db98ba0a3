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
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.NetkitMode;
import dev.qlease.rtnetlink.NetkitSpec;
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
 * Device memory from a netkit guest out of the emulated NIC's port qnic0, carried by the two programs while IP
 * forwarding is off, to an ordinary receiver behind the other port.
 */
@Tag("vm")
class GuestProgramsVmTest {
    private static final int SIZE = 1 << 20;

    private GuardedPair pair;

    @BeforeEach
    void open() {
        pair = new GuardedPair();
    }

    @AfterEach
    void close() {
        pair.close();
    }

    private void makePair(String mode) {
        pair.make(mode.equals("l2") ? NetkitMode.L2 : NetkitMode.L3);
    }

    private void lease() {
        int hostId = pair.inGuest.links().get(pair.peer).linkNetnsid().orElseThrow();
        try (Netdev netdev = Netdev.open(pair.guest)) {
            netdev.createQueue(pair.peer, new Lease(pair.nic, QueueId.rx(3), OptionalInt.of(hostId)));
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

    @ParameterizedTest
    @CsvSource({"l2, 192.0.2.2", "l2, 2001:db8:1::2", "l3, 192.0.2.2", "l3, 2001:db8:1::2"})
    void deviceMemoryArrivesThroughThePrograms(String mode, String destination) throws Exception {
        assertThat(sysctl("ipv4/ip_forward")).isEqualTo("0");
        assertThat(sysctl("ipv6/conf/all/forwarding")).isEqualTo("0");
        makePair(mode);
        pair.redirect(GuardedPair.POLICY);
        lease();
        byte[] bytes = new byte[SIZE];
        new Random(7).nextBytes(bytes);
        long before = unreadableBytes();
        try (DmaBuf dmaBuf = Udmabuf.pages().allocate(SIZE);
                TxBinding binding = TxBinding.bind(pair.guest, pair.peer, dmaBuf);
                ServerSocketChannel server = pair.remote.run(() -> listen(destination))) {
            binding.write(0, MemorySegment.ofArray(bytes));
            CompletableFuture<byte[]> received = receive(server, SIZE);
            try (DevmemSocket socket = DevmemSocket.connect(
                    binding, pair.guest, "nk1", (InetSocketAddress) server.getLocalAddress(), Duration.ofSeconds(20))) {
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
                SocketChannel client = pair.guest.run(() -> {
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
    void theHostIsReachedAtTheAddressesThatThePolicyHas(String mode, String address) throws Exception {
        makePair(mode);
        assertThat(connects(address)).as("before any program is there").isFalse();
        pair.redirect(GuardedPair.POLICY);
        assertThat(connects(address)).isTrue();
    }

    @Test
    void aNetkitLinkIsAttachedByThePrimaryEndOnly() {
        makePair("l2");
        try (Program program = Program.load(GuestPrograms.fromGuestToStack(GuardedPair.POLICY, pair.counters))) {
            try (BpfLink link =
                    BpfLink.attach(program, AttachType.NETKIT_PRIMARY, pair.primary, NetworkNamespace.ofCaller())) {
                assertThat(link.info().type()).isEqualTo(BpfLinkType.NETKIT);
                assertThat(link.info().ifindex()).hasValue(pair.primary);
                pair.host.links().delete(pair.primary);
                assertThat(link.info().ifindex()).isEmpty();
            }
            makePair("l2");
            assertThatThrownBy(() -> BpfLink.attach(program, AttachType.NETKIT_PEER, pair.peer, pair.guest))
                    .hasMessageContaining("it is not the primary end of its netkit pair");
            assertThatThrownBy(() ->
                            BpfLink.attach(program, AttachType.NETKIT_PEER, pair.nic, NetworkNamespace.ofCaller()))
                    .hasMessageContaining("it is not a netkit device");
            int single = pair.host
                    .links()
                    .create(LinkSpec.named("nk9").netkit(NetkitSpec.single()))
                    .ifindex();
            try {
                assertThatThrownBy(() ->
                                BpfLink.attach(program, AttachType.NETKIT_PRIMARY, single, NetworkNamespace.ofCaller()))
                        .isInstanceOf(UnsupportedException.class);
            } finally {
                pair.host.links().delete(single);
            }
        }
    }

    @Test
    void aLinkIsPinnedWhereAllAre() {
        Path file = BpfFileSystem.openOwnDirectory().resolve("vm-test");
        try (Program program = Program.load(GuestPrograms.fromGuestToStack(GuardedPair.POLICY, pair.counters));
                BpfLink link = BpfLink.attach(program, AttachType.TCX_EGRESS, pair.nic, NetworkNamespace.ofCaller())) {
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
