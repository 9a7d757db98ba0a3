package dev.qlease.devmem;

import static dev.qlease.devmem.ReceiveSetup.SIZE;
import static dev.qlease.devmem.ReceiveSetup.V4;
import static dev.qlease.devmem.ReceiveSetup.V6;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.qlease.bpf.XdpPass;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.HugePages;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Memory;
import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.NetdevFeature;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Device memory that port qnic0 of the emulated NIC receives into, from an ordinary sender behind the other port. */
@Tag("vm")
@Tag("pages")
class DevmemReceiveVmTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private ReceiveSetup setup;

    @BeforeEach
    void prepare() throws IOException {
        setup = new ReceiveSetup();
    }

    @AfterEach
    void putBack() throws IOException {
        setup.close();
    }

    private byte[] carry(RxBinding binding, String address, byte[] bytes, int segment) throws Exception {
        try (DevmemServerSocket server = setup.listen(address);
                SocketChannel peer = setup.connect(server);
                DevmemSocket socket = server.accept(PATIENCE).orElseThrow()) {
            CompletableFuture<Void> sent = ReceivePeer.send(peer, bytes, segment);
            byte[] received = ReceivePeer.receive(socket, binding, bytes.length);
            sent.get(60, TimeUnit.SECONDS);
            ReceiveCounts counts = socket.received();
            assertThat(counts.bytes()).isEqualTo(bytes.length);
            assertThat(counts.deviceBytes()).as(counts.toString()).isEqualTo(bytes.length);
            assertThat(counts.fragments()).isEqualTo(counts.released()).isPositive();
            assertThat(socket.unreleased()).isZero();
            return received;
        }
    }

    @ParameterizedTest
    @CsvSource({
        V4 + ", 1",
        V6 + ", 1",
        V4 + ", 4095",
        V6 + ", 4097",
        V4 + ", 65537",
        V6 + ", 1000003",
        V4 + ", 10485760"
    })
    void whatIsSentLandsInTheDmaBuf(String address, int length) throws Exception {
        byte[] bytes = ReceivePeer.bytes(length);
        try (RxBinding binding = setup.bind()) {
            assertThat(carry(binding, address, bytes, 1 << 16)).isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 63, 65, 536, 1339, 1447, 1449, 4095, 4097, 8191})
    void headersAreSplitFromSegmentsOfAnySize(int segment) throws Exception {
        byte[] bytes = ReceivePeer.bytes(Math.min(300 * segment, 200_000));
        try (RxBinding binding = setup.bind()) {
            assertThat(carry(binding, V6, bytes, segment)).isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"drop_every", "reorder_every", "duplicate_every"})
    void framesThatAreLostLateOrDoubleAreReceivedInTheirOrder(String fault) throws Exception {
        ReceiveSetup.fault(fault, 40);
        byte[] bytes = ReceivePeer.bytes(2_000_001);
        try (RxBinding binding = setup.bind()) {
            assertThat(carry(binding, V4, bytes, 30_011)).isEqualTo(bytes);
        }
    }

    @Test
    void aBatchWithRoomForOneFragmentLosesNothing() throws Exception {
        byte[] bytes = ReceivePeer.bytes(100_000);
        try (RxBinding binding = setup.bind();
                DevmemServerSocket server = setup.listen(V4);
                SocketChannel peer = setup.connect(server);
                DevmemSocket socket = server.accept();
                Arena arena = Arena.ofConfined();
                ReceiveBatch batch = ReceiveBatch.allocate(1 << 16, 1)) {
            CompletableFuture<Void> sent = ReceivePeer.send(peer, bytes, 10_000);
            MemorySegment received = arena.allocate(bytes.length);
            long got = 0;
            for (long more = socket.receive(batch); more > 0; more = socket.receive(batch)) {
                assertThat(batch.count()).isEqualTo(1);
                binding.read(batch, received.asSlice(got));
                got += more;
            }
            assertThat(received.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
            sent.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void whatComesByAnotherQueueIsInOrdinaryMemory() throws Exception {
        byte[] bytes = ReceivePeer.bytes(100_000);
        try (RxBinding binding = setup.bind();
                DevmemServerSocket server = DevmemServerSocket.listen(
                        NetworkNamespace.ofCaller(), null, new InetSocketAddress(InetAddress.ofLiteral(V4), 0));
                SocketChannel peer = setup.connect(server);
                DevmemSocket socket = server.accept()) {
            CompletableFuture<Void> sent = ReceivePeer.send(peer, bytes, 5000);
            assertThat(ReceivePeer.receive(socket, binding, bytes.length)).isEqualTo(bytes);
            sent.get(60, TimeUnit.SECONDS);
            assertThat(socket.received().linearBytes()).isEqualTo(bytes.length);
            assertThat(socket.received().fragments()).isZero();
        }
    }

    @Test
    void aReceiverThatKeepsItsFragmentsStarvesTheQueueUntilItReleasesThem() throws Exception {
        byte[] bytes = ReceivePeer.bytes(SIZE + (4 << 20));
        byte[] received = new byte[bytes.length];
        int got = 0;
        int[] kept = new int[1 << 16];
        int count = 0;
        try (RxBinding binding = setup.bind();
                DevmemServerSocket server = setup.listen(V4);
                SocketChannel peer = setup.connect(server);
                DevmemSocket socket = server.accept();
                Arena arena = Arena.ofConfined();
                ReceiveBatch batch = ReceiveBatch.allocate()) {
            MemorySegment copy = arena.allocate(batch.capacity());
            CompletableFuture<Void> sent = ReceivePeer.send(peer, bytes, 1 << 16);
            long more;
            while ((more = socket.receive(batch, Duration.ofSeconds(5))) > 0) {
                binding.read(batch, copy);
                MemorySegment.copy(copy, ValueLayout.JAVA_BYTE, 0, received, got, (int) more);
                got += (int) more;
                for (int i = 0; i < batch.count(); i++) {
                    if (batch.isDevice(i)) {
                        kept[count++] = batch.keep(i);
                    }
                }
            }
            assertThat(more).as("bytes at the end").isZero();
            assertThat(got).isLessThan(bytes.length);
            assertThat(sent).isNotDone();
            assertThat(socket.unreleased()).isEqualTo(count).isPositive();
            int one = kept[0];
            socket.release(one);
            assertThatThrownBy(() -> socket.release(one)).hasMessageContaining("no fragment with token");
            socket.release(Arrays.copyOfRange(kept, 1, count), count - 1);
            assertThat(socket.unreleased()).isZero();
            byte[] rest = ReceivePeer.receive(socket, binding, bytes.length - got);
            System.arraycopy(rest, 0, received, got, rest.length);
            assertThat(received).isEqualTo(bytes);
            sent.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void fiftyConnectionsReceiveIntoOneDmaBuf() throws Exception {
        try (RxBinding binding = setup.bind();
                DevmemServerSocket server = setup.listen(V6)) {
            List<CompletableFuture<Boolean>> done = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                byte[] bytes = ReceivePeer.bytes(100_000 + i);
                SocketChannel peer = setup.connect(server);
                DevmemSocket socket = server.accept();
                CompletableFuture<Void> sent = ReceivePeer.send(peer, bytes, 10_000);
                done.add(CompletableFuture.supplyAsync(
                        () -> {
                            try (peer;
                                    socket) {
                                boolean same = Arrays.equals(ReceivePeer.receive(socket, binding, bytes.length), bytes);
                                sent.join();
                                return same && socket.received().linearBytes() == 0;
                            } catch (IOException e) {
                                throw new AssertionError(e);
                            }
                        },
                        ReceivePeer.THREADS));
            }
            for (CompletableFuture<Boolean> one : done) {
                assertThat(one.get(120, TimeUnit.SECONDS)).isTrue();
            }
        }
    }

    @Test
    void aResetInMidStreamIsAnErrorAndItsFragmentsGoBack() throws Exception {
        byte[] bytes = ReceivePeer.bytes(300_000);
        try (RxBinding binding = setup.bind();
                DevmemServerSocket server = setup.listen(V4)) {
            for (int i = 0; i < 5; i++) {
                try (DevmemSocket socket = accepted(server, bytes);
                        ReceiveBatch batch = ReceiveBatch.allocate(65_536, 256)) {
                    assertThatThrownBy(() -> {
                                while (socket.receive(batch, PATIENCE) > 0) {
                                    for (int f = 0; f < batch.count(); f++) {
                                        batch.keep(f);
                                    }
                                }
                            })
                            .isInstanceOf(LinuxException.class)
                            .hasMessageContaining("ECONNRESET");
                }
            }
            // Had they not gone back with their sockets, the dma-buf would run dry over time.
            byte[] more = ReceivePeer.bytes(SIZE);
            assertThat(carry(binding, V6, more, 1 << 16)).isEqualTo(more);
        }
    }

    /** A connection whose peer sends something and then resets it. */
    private DevmemSocket accepted(DevmemServerSocket server, byte[] bytes) throws IOException {
        try (SocketChannel peer = setup.connect(server)) {
            DevmemSocket socket = server.accept();
            peer.setOption(StandardSocketOptions.SO_LINGER, 0);
            peer.write(ByteBuffer.wrap(bytes));
            return socket;
        }
    }

    @Test
    void afterUnbindingTheStreamGoesOnInOrdinaryMemory() throws Exception {
        byte[] bytes = ReceivePeer.bytes(3_000_000);
        RxBinding binding = setup.bind();
        try (DevmemServerSocket server = setup.listen(V4);
                SocketChannel peer = setup.connect(server);
                DevmemSocket socket = server.accept()) {
            CompletableFuture<Void> sent = ReceivePeer.send(peer, bytes, 50_000);
            byte[] first = ReceivePeer.receive(socket, binding, 200_000);
            int before = (int) socket.received().bytes();
            assertThat(first).isEqualTo(Arrays.copyOf(bytes, first.length));
            binding.close();
            byte[] rest = ReceivePeer.receive(socket, binding, bytes.length - before);
            assertThat(rest).isEqualTo(Arrays.copyOfRange(bytes, before, bytes.length));
            sent.get(60, TimeUnit.SECONDS);
            assertThat(socket.received().linearBytes()).isPositive();
            assertThat(socket.received().deviceBytes()).isPositive();
        } finally {
            binding.close();
        }
    }

    @Test
    void oneDmaBufIsFilledBySeveralQueues() throws Exception {
        byte[] bytes = ReceivePeer.bytes(500_000);
        try (RxBinding binding = RxBinding.bind(
                NetworkNamespace.ofCaller(), setup.nic().ifindex(), setup.dmaBuf(), List.of(ReceiveNic.QUEUE - 1, 3))) {
            for (int queue : binding.queues()) {
                try (DevmemServerSocket server = DevmemServerSocket.listen(
                        NetworkNamespace.ofCaller(), null, new InetSocketAddress(InetAddress.ofLiteral(V4), 0))) {
                    setup.nic().steer(server.address(), queue);
                    try (SocketChannel peer = setup.connect(server);
                            DevmemSocket socket = server.accept()) {
                        CompletableFuture<Void> sent = ReceivePeer.send(peer, bytes, 20_000);
                        assertThat(ReceivePeer.receive(socket, binding, bytes.length))
                                .isEqualTo(bytes);
                        sent.get(60, TimeUnit.SECONDS);
                        assertThat(socket.received().deviceBytes()).isEqualTo(bytes.length);
                    }
                }
            }
        }
    }

    @Test
    void piecesLargerThanAPageTakeHugePages() throws Exception {
        try (Netdev netdev = Netdev.open()) {
            assumeTrue(netdev.has(NetdevFeature.RX_PAGE_SIZE), "this kernel receives in pieces of a page only");
        }
        Path reserved = HugePages.of(HugePages.size()).orElseThrow().directory().resolve("nr_hugepages");
        int piece = 4 * (int) Memory.pageSize();
        String before = Files.readString(reserved);
        // Twice as many pieces as a ring takes.
        long size = 1024L * piece;
        Files.writeString(reserved, Long.toString(size / HugePages.size()));
        try (DmaBuf huge = Udmabuf.hugePages().allocate(size);
                RxBinding binding = RxBinding.bind(
                        NetworkNamespace.ofCaller(),
                        setup.nic().ifindex(),
                        huge,
                        List.of(ReceiveNic.QUEUE),
                        OptionalInt.of(piece))) {
            for (int length : new int[] {piece - 1, piece, piece + 1, 1_000_000}) {
                byte[] bytes = ReceivePeer.bytes(length);
                assertThat(carry(binding, V6, bytes, 1 << 16)).isEqualTo(bytes);
            }
        } finally {
            Files.writeString(reserved, before);
        }
    }

    @Test
    void aConnectionSendsAndReceivesDeviceMemory() throws Exception {
        byte[] bytes = ReceivePeer.bytes(300_000);
        try (DmaBuf out = Udmabuf.pages().allocate(1 << 20);
                TxBinding sending =
                        TxBinding.bind(NetworkNamespace.ofCaller(), setup.nic().ifindex(), out);
                RxBinding binding = setup.bind();
                DevmemServerSocket server = setup.listen(V6);
                SocketChannel peer = setup.connect(server);
                DevmemSocket socket = server.accept(sending, PATIENCE).orElseThrow()) {
            sending.write(0, MemorySegment.ofArray(bytes));
            CompletableFuture<Void> echo = ReceivePeer.echo(peer, bytes.length);
            for (long at = 0; at < bytes.length; ) {
                at += socket.send(at, bytes.length - at);
            }
            // Completions come meanwhile: they must not keep the receiver from its data.
            assertThat(ReceivePeer.receive(socket, binding, bytes.length)).isEqualTo(bytes);
            echo.get(60, TimeUnit.SECONDS);
            assertThat(socket.awaitCompletions(PATIENCE)).isTrue();
            assertThat(socket.received().deviceBytes()).isEqualTo(bytes.length);
        }
    }

    @Test
    void aNicThatIsNotSetUpForItIsToldWhatHelps() {
        setup.nic().split(false);
        assertThatThrownBy(setup::bind)
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("ethtool -G qnic0 tcp-data-split on");
        // A device that splits headers takes no XDP program that cannot do with pieces: this one comes first.
        try (XdpPass xdp = XdpPass.attach(setup.nic().ifindex())) {
            assertThatThrownBy(setup::bind).as(xdp.toString()).hasMessageContaining("ip link set qnic0 xdp off");
        }
        setup.nic().split(true);
        setup.nic().hdsThresh(100);
        assertThatThrownBy(setup::bind).hasMessageContaining("ethtool -G qnic0 hds-thresh 0");
        setup.nic().hdsThresh(0);
        assertThatThrownBy(() ->
                        RxBinding.bind(NetworkNamespace.ofCaller(), setup.nic().ifindex(), setup.dmaBuf(), List.of(77)))
                .hasMessageContaining("no receive queue 77")
                .hasMessageContaining("[0, 1, 2, 3]");
        assertThatThrownBy(() ->
                        RxBinding.bind(NetworkNamespace.ofCaller(), setup.nic().ifindex(), setup.dmaBuf(), List.of()))
                .hasMessageContaining("one or more");
        assertThatThrownBy(() -> RxBinding.bind(
                        NetworkNamespace.ofCaller(),
                        setup.nic().ifindex(),
                        setup.dmaBuf(),
                        List.of(3),
                        OptionalInt.of(5000)))
                .hasMessageContaining("power of two");
        try (RxBinding binding = setup.bind()) {
            assertThatThrownBy(setup::bind).hasMessageContaining("by binding " + binding.id());
        }
    }
}
