package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Receiving what never was in device memory, over loopback: the same socket, the same calls. */
class ReceiveBatchTest {
    /** What the counter itself and a late recompilation may take; an object for each of 1000 receives takes more. */
    private static final long LITTLE = 10_000;

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private DevmemServerSocket server;
    private SocketChannel peer;
    private DevmemSocket socket;

    @BeforeEach
    void connect() throws IOException {
        server = DevmemServerSocket.listen(
                NetworkNamespace.ofCaller(), null, new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
        peer = SocketChannel.open(server.address());
        socket = server.accept(PATIENCE).orElseThrow();
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
        peer.close();
        server.close();
    }

    private void send(byte... bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            peer.write(buffer);
        }
    }

    @Test
    void aPlainPeersBytesAreOneFragmentInOrdinaryMemory() throws IOException {
        send((byte) 1, (byte) 2, (byte) 3);
        try (ReceiveBatch batch = ReceiveBatch.allocate()) {
            assertThat(socket.receive(batch)).isEqualTo(3);
            assertThat(batch.count()).isEqualTo(1);
            assertThat(batch.isDevice(0)).isFalse();
            assertThat(batch.length(0)).isEqualTo(3);
            assertThat(batch.linear(0).toArray(ValueLayout.JAVA_BYTE)).containsExactly(1, 2, 3);
            assertThat(batch.linearBytes()).isEqualTo(3);
            assertThat(batch.deviceBytes()).isZero();
            assertThatThrownBy(() -> batch.keep(0)).hasMessageContaining("not in a dma-buf");
            assertThatThrownBy(() -> batch.isDevice(1)).isInstanceOf(IndexOutOfBoundsException.class);
        }
        assertThat(socket.received()).isEqualTo(new ReceiveCounts(0, 3, 1, 0, 0, 0));
    }

    @Test
    void aReceiveBringsNoMoreThanThereIsRoomFor() throws IOException {
        send(new byte[100]);
        try (Arena arena = Arena.ofConfined();
                ReceiveBatch batch = ReceiveBatch.over(arena.allocate(64), 4)) {
            assertThat(socket.receive(batch)).isEqualTo(64);
            assertThat(socket.receive(batch)).isEqualTo(36);
            assertThat(batch.linear().byteSize()).isEqualTo(36);
        }
    }

    @Test
    void nothingThereIsZeroAndTheEndIsMinusOne() throws IOException {
        try (ReceiveBatch batch = ReceiveBatch.allocate(100, 1)) {
            socket.blocking(false);
            assertThat(socket.receive(batch)).isZero();
            assertThat(socket.receive(batch, Duration.ofMillis(20))).isZero();
            send((byte) 1);
            assertThat(socket.receive(batch, PATIENCE)).isEqualTo(1);
            peer.shutdownOutput();
            assertThat(socket.receive(batch, PATIENCE)).isEqualTo(-1);
            assertThat(batch.count()).isZero();
            assertThat(socket.receive(batch)).isEqualTo(-1);
        }
    }

    @Test
    void aResetIsAnError() throws IOException {
        peer.setOption(java.net.StandardSocketOptions.SO_LINGER, 0);
        peer.close();
        try (ReceiveBatch batch = ReceiveBatch.allocate()) {
            assertThatThrownBy(() -> socket.receive(batch))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("ECONNRESET");
        }
    }

    @Test
    void closingEndsWaitingForData() throws Exception {
        try (ReceiveBatch batch = ReceiveBatch.allocate()) {
            CompletableFuture<Throwable> waiting = CompletableFuture.supplyAsync(() -> {
                try {
                    return new AssertionError("received " + socket.receive(batch));
                } catch (IllegalStateException e) {
                    return e;
                }
            });
            Thread.sleep(100);
            socket.close();
            assertThat(waiting.get(20, TimeUnit.SECONDS)).hasMessageContaining("closed");
            assertThatThrownBy(() -> socket.receive(batch)).hasMessageContaining("closed");
        }
    }

    @Test
    void closingEndsWaitingForConnections() throws Exception {
        CompletableFuture<Throwable> waiting = CompletableFuture.supplyAsync(() -> {
            try (DevmemSocket unexpected = server.accept()) {
                return new AssertionError("accepted " + unexpected);
            } catch (IllegalStateException e) {
                return e;
            }
        });
        Thread.sleep(100);
        server.close();
        assertThat(waiting.get(20, TimeUnit.SECONDS)).hasMessageContaining("closed");
        assertThatThrownBy(server::accept).hasMessageContaining("closed");
    }

    @Test
    void nobodyComingIsNoError() {
        assertThat(server.accept(Duration.ofMillis(10))).isEqualTo(Optional.empty());
        assertThat(server.accept(Duration.ZERO)).isEqualTo(Optional.empty());
    }

    @Test
    void addressesAreToldAsTheyAre() throws IOException {
        assertThat(server.toString()).isEqualTo("127.0.0.1:" + server.address().getPort());
        assertThat(socket.toString()).isEqualTo("127.0.0.1:" + ((InetSocketAddress) peer.getLocalAddress()).getPort());
        assertThatThrownBy(() -> DevmemServerSocket.listen(NetworkNamespace.ofCaller(), null, server.address()))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("EADDRINUSE");
    }

    @Test
    void aSocketThatOnlyReceivesSaysSo() {
        assertThatThrownBy(() -> socket.send(0, 1)).hasMessageContaining("without a binding");
        assertThat(socket.outstanding()).isZero();
        assertThatThrownBy(() -> socket.release(3)).hasMessageContaining("token 3");
        socket.close();
        socket.release(3);
    }

    @Test
    void receivingAllocatesNothingInTheLongRun() throws IOException {
        com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        try (ReceiveBatch batch = ReceiveBatch.allocate(1 << 16, 64)) {
            ByteBuffer bytes = ByteBuffer.allocateDirect(1000);
            long allocated = Long.MAX_VALUE;
            // How soon the compiler gets to it depends on what else the machine does.
            for (int window = 0; window < 100 && allocated >= LITTLE; window++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 1000; i++) {
                    peer.write(bytes.clear());
                    socket.receive(batch);
                }
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertThat(allocated).as("bytes allocated by 1000 receives").isLessThan(LITTLE);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Test
    void sizesThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> ReceiveBatch.allocate(1, 0)).hasMessageContaining("fragments");
        assertThatThrownBy(() -> ReceiveBatch.allocate(0, 1)).hasMessageContaining("byte");
        assertThatThrownBy(() -> ReceiveBatch.over(MemorySegment.ofArray(new byte[9]), 1))
                .hasMessageContaining("native memory");
    }
}
