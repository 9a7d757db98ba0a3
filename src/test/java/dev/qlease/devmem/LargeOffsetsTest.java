package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.PlainMemory;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netty.DmaBufRegion;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Memory of 5 GiB, of which only what is touched takes any: offsets and lengths of 32 bits would not do. */
@Timeout(60)
class LargeOffsetsTest {
    private static final long SIZE = 5L << 30;
    private static final long FOUR_GIB = 1L << 32;
    private static final Duration LONG = Duration.ofSeconds(20);

    private final Arena arena = Arena.ofShared();
    private DmaBuf memory;
    private TxBinding binding;
    private ServerSocketChannel server;
    private DevmemSocket socket;
    private SocketChannel peer;

    @BeforeEach
    void connect() throws Exception {
        PlainMemory plain = PlainMemory.allocate(arena, SIZE);
        memory = plain.dmaBuf();
        binding = TxBinding.unbound(memory, plain.address());
        server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
        Device loopback = Device.named(NetworkNamespace.ofCaller(), "lo");
        socket = loopback.connect(binding, (InetSocketAddress) server.getLocalAddress());
        peer = server.accept();
    }

    @AfterEach
    void close() throws Exception {
        peer.close();
        socket.close(Duration.ZERO);
        server.close();
        memory.close();
        arena.close();
    }

    private static byte[] read(SocketChannel peer, int length) throws Exception {
        ByteBuffer received = ByteBuffer.allocate(length);
        while (received.hasRemaining()) {
            assertThat(peer.read(received)).isPositive();
        }
        return received.array();
    }

    @ParameterizedTest
    @MethodSource("beyond")
    void whatLiesBeyond4GiBIsSent(long offset) throws Exception {
        byte[] bytes = ReceivePeer.bytes(60_000);
        binding.write(offset, MemorySegment.ofArray(bytes));
        for (long sent = 0; sent < bytes.length; ) {
            sent += socket.send(offset + sent, bytes.length - sent);
        }
        assertThat(read(peer, bytes.length)).isEqualTo(bytes);
        assertThat(socket.awaitFree(offset, bytes.length, LONG)).isTrue();
    }

    static Stream<Long> beyond() {
        return Stream.of(FOUR_GIB - 30_000, FOUR_GIB, FOUR_GIB + 4097, SIZE - 60_000);
    }

    @Test
    void piecesOnBothSidesOf4GiBAreSentInTheirOrder() throws Exception {
        byte[] bytes = ReceivePeer.bytes(30_000);
        long[] offsets = {SIZE - 10_000, 123, FOUR_GIB + 123};
        long[] lengths = {10_000, 10_000, 10_000};
        for (int i = 0; i < 3; i++) {
            binding.write(offsets[i], MemorySegment.ofArray(Arrays.copyOfRange(bytes, i * 10_000, (i + 1) * 10_000)));
        }
        assertThat(socket.send(offsets, lengths, 3)).isEqualTo(30_000);
        assertThat(read(peer, 30_000)).isEqualTo(bytes);
    }

    @Test
    void bytes4GiBApartAreNotTheSame() throws Exception {
        ZeroCopy.stall(socket);
        assertThat(socket.holds(0, 1)).isTrue();
        assertThat(socket.holds(FOUR_GIB, 1 << 16)).isFalse();
        binding.write(FOUR_GIB, MemorySegment.ofArray(new byte[100]));
        assertThatThrownBy(() -> binding.write(0, MemorySegment.ofArray(new byte[100])))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("in flight");
    }

    @Test
    void moreThanOneCallCanSendIsTakenInPart() {
        socket.blocking(false);
        assertThat(socket.send(1, SIZE - 1)).isPositive().isLessThan(FOUR_GIB);
    }

    static Stream<Arguments> missing() {
        return Stream.of(
                Arguments.of(SIZE, 1L),
                Arguments.of(SIZE - 1, 2L),
                Arguments.of(0L, SIZE + 1),
                Arguments.of(1L, Long.MAX_VALUE),
                Arguments.of(SIZE - 1, Long.MAX_VALUE),
                Arguments.of(Long.MAX_VALUE, 1L),
                Arguments.of(Long.MAX_VALUE, Long.MAX_VALUE),
                Arguments.of(Long.MAX_VALUE - 1, 2L),
                Arguments.of(-1L, 1L),
                Arguments.of(-1L, Long.MAX_VALUE),
                Arguments.of(Long.MIN_VALUE, Long.MAX_VALUE),
                Arguments.of(0L, -1L),
                Arguments.of(1L, Long.MIN_VALUE));
    }

    @ParameterizedTest
    @MethodSource("missing")
    void bytesThatAreNotThereAreRefused(long offset, long length) {
        refused(() -> socket.send(offset, length));
        refused(() -> socket.send(new long[] {0, offset}, new long[] {1, length}, 2));
        refused(() -> DevmemOutput.over(socket, offset, length, 1));
        refused(() -> new DmaBufRegion(binding, offset, length));
        if (offset < 0 || length < 0) {
            refused(() -> socket.holds(offset, length));
            refused(() -> socket.awaitFree(offset, length, Duration.ZERO));
        } else {
            // What the dma-buf does not have does not count.
            assertThat(socket.holds(offset, length)).isFalse();
            assertThat(socket.awaitFree(offset, length, Duration.ZERO)).isTrue();
        }
        assertThat(socket.sends()).isZero();
    }

    @ParameterizedTest
    @MethodSource("missing")
    void whatIsReadAndWrittenByTheProcessorIsCheckedAsWell(long offset, long length) {
        MemorySegment some = arena.allocate(2);
        MemorySegment piece = some.asSlice(0, Math.clamp(length, 1, 2));
        if (offset < 0 || offset > SIZE - piece.byteSize()) {
            refused(() -> binding.write(offset, piece));
            refused(() -> memory.memory().write(offset, piece));
            refused(() -> memory.memory().read(offset, piece));
        }
        if (length > 0 && length <= Integer.MAX_VALUE) {
            refused(() -> memory.memory().window(offset, (int) length));
        }
    }

    private static void refused(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
