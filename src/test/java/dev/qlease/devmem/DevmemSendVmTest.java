package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.DmaBufProvider;
import dev.qlease.dmabuf.DmaHeap;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.fixture.DmaHeaps;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Device memory from the emulated NIC's port qnic0 to an ordinary receiver behind the other port. */
@Tag("vm")
class DevmemSendVmTest {
    private static final int SIZE = 4 << 20;

    private NetworkNamespace remote;
    private int nic;
    private DmaBuf dmaBuf;
    private TxBinding binding;
    private byte[] bytes;

    @BeforeEach
    void bindMemory() {
        remote = NetworkNamespace.named("remote");
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            nic = rtnetlink.links().get("qnic0").ifindex();
        }
        dmaBuf = Udmabuf.pages().allocate(SIZE);
        binding = TxBinding.bind(NetworkNamespace.ofCaller(), nic, dmaBuf);
        bytes = new byte[SIZE];
        new Random(11).nextBytes(bytes);
        binding.write(0, MemorySegment.ofArray(bytes));
    }

    @AfterEach
    void unbind() {
        binding.close();
        dmaBuf.close();
        remote.close();
    }

    private ServerSocketChannel listen(String address) {
        return remote.run(() -> {
            try {
                return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static CompletableFuture<byte[]> receive(ServerSocketChannel server, int size) {
        return CompletableFuture.supplyAsync(() -> {
            ByteBuffer received = ByteBuffer.allocate(size);
            try (SocketChannel peer = server.accept()) {
                while (received.hasRemaining() && peer.read(received) >= 0) {
                    Thread.onSpinWait();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return Arrays.copyOf(received.array(), received.position());
        });
    }

    private DevmemSocket connect(ServerSocketChannel server) throws IOException {
        return DevmemSocket.connect(
                binding,
                NetworkNamespace.ofCaller(),
                "qnic0",
                (InetSocketAddress) server.getLocalAddress(),
                Duration.ofSeconds(10));
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.2, 0, 1",
        "192.0.2.2, 1, 4095",
        "2001:db8:1::2, 0, 4096",
        "2001:db8:1::2, 4095, 4097",
        "2001:db8:1::2, 123457, 65537",
        "192.0.2.2, 0, 4194304"
    })
    void whatIsSentArrivesAndCompletes(String address, int offset, int length) throws Exception {
        try (ServerSocketChannel server = listen(address)) {
            CompletableFuture<byte[]> received = receive(server, length);
            try (DevmemSocket socket = connect(server)) {
                for (long sent = 0; sent < length; ) {
                    sent += socket.send(offset + sent, length - sent);
                }
                assertThat(socket.awaitCompletions(Duration.ofSeconds(30))).isTrue();
                assertThat(socket.copied()).isZero();
                assertThat(socket.completed()).isEqualTo(socket.sends());
                assertThat(received.get(60, TimeUnit.SECONDS))
                        .isEqualTo(Arrays.copyOfRange(bytes, offset, offset + length));
            }
        }
    }

    @Test
    void piecesAreSentInTheirOrder() throws Exception {
        int pieces = 40;
        try (ServerSocketChannel server = listen("2001:db8:1::2")) {
            long[] offsets = new long[pieces];
            long[] lengths = new long[pieces];
            byte[] expected = new byte[pieces * 333];
            for (int i = 0; i < pieces; i++) {
                offsets[i] = (pieces - i) * 5000L + i;
                lengths[i] = 333;
                System.arraycopy(bytes, (int) offsets[i], expected, i * 333, 333);
            }
            try (DevmemSocket socket = connect(server)) {
                // The kernel may take fewer: a packet has room for 17 pieces, and the send queue for some packets.
                int taken = (int) socket.send(offsets, lengths, pieces);
                assertThat(taken).isGreaterThan(17 * 333);
                CompletableFuture<byte[]> received = receive(server, taken);
                assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(Arrays.copyOf(expected, taken));
            }
        }
    }

    @Test
    void bytesInFlightCannotBeWritten() throws Exception {
        try (ServerSocketChannel server = listen("192.0.2.2");
                DevmemSocket socket = connect(server);
                SocketChannel silent = server.accept()) {
            socket.blocking(false);
            long sent = 0;
            for (long taken = 1; taken > 0 && sent < SIZE; sent += taken) {
                taken = socket.send(sent, Math.min(65536, SIZE - sent));
            }
            // The receiver reads nothing, so that the last bytes taken stay in the send queue.
            long last = sent - 1;
            assertThat(socket.holds(last, 1)).isTrue();
            assertThatThrownBy(() -> binding.write(last, MemorySegment.ofArray(new byte[1])))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("in flight");
            ByteBuffer drain = ByteBuffer.allocate(1 << 20);
            for (long read = 0; read < sent; read += silent.read(drain.clear())) {
                socket.complete();
            }
            assertThat(socket.awaitCompletions(Duration.ofSeconds(30))).isTrue();
            binding.write(last, MemorySegment.ofArray(new byte[1]));
        }
    }

    @Test
    void anotherProvidersMemoryIsSentToo() throws Exception {
        DmaHeaps.assumeSystem();
        DmaBufProvider heap = DmaHeap.system();
        try (DmaBuf other = heap.allocate(65536);
                TxBinding second = TxBinding.bind(NetworkNamespace.ofCaller(), nic, other);
                ServerSocketChannel server = listen("192.0.2.2")) {
            second.write(0, MemorySegment.ofArray(bytes).asSlice(0, 65536));
            CompletableFuture<byte[]> received = receive(server, 65536);
            try (DevmemSocket socket = DevmemSocket.connect(
                    second,
                    NetworkNamespace.ofCaller(),
                    "qnic0",
                    (InetSocketAddress) server.getLocalAddress(),
                    Duration.ofSeconds(10))) {
                for (long sent = 0; sent < 65536; ) {
                    sent += socket.send(sent, 65536 - sent);
                }
                assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(Arrays.copyOf(bytes, 65536));
            }
        }
    }

    @Test
    void bytesBeyondTheDmaBufAreRefusedBeforeTheKernelSeesThem() throws Exception {
        try (ServerSocketChannel server = listen("192.0.2.2");
                DevmemSocket socket = connect(server)) {
            assertThatThrownBy(() -> socket.send(SIZE - 1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> socket.send(-1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> socket.send(0, 0)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThat(socket.sends()).isZero();
        }
    }

    @Test
    void aPeerThatDoesNotListenIsNamed() {
        assertThatThrownBy(() -> DevmemSocket.connect(
                        binding,
                        NetworkNamespace.ofCaller(),
                        "qnic0",
                        new InetSocketAddress(InetAddress.ofLiteral("192.0.2.2"), 9),
                        Duration.ofSeconds(10)))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.ECONNREFUSED)).isTrue())
                .hasMessageContaining("192.0.2.2:9");
    }

    @Test
    void aRouteOverAnotherDeviceIsRefused() throws Exception {
        try (ServerSocketChannel server =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                DevmemSocket socket = DevmemSocket.connect(
                        binding,
                        NetworkNamespace.ofCaller(),
                        null,
                        (InetSocketAddress) server.getLocalAddress(),
                        Duration.ofSeconds(10))) {
            assertThatThrownBy(() -> socket.send(0, 100))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> assertThat(e.is(Errno.ENODEV)).isTrue());
        }
    }
}
