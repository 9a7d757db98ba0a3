package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.NetworkNamespace;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Blocking calls on virtual threads, many more than there are carriers. */
@Timeout(120)
class VirtualThreadsTest {
    private static final int CONNECTIONS = 1_000;
    private static final Duration LONG = Duration.ofSeconds(60);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<AutoCloseable> open = new ArrayList<>();
    private DevmemServerSocket server;

    @BeforeEach
    void listen() {
        server = DevmemServerSocket.listen(
                NetworkNamespace.ofCaller(), null, new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
        open.add(server);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
        threads.shutdown();
        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }

    private <T extends AutoCloseable> T closedLater(T opened) {
        open.add(opened);
        return opened;
    }

    private static long receive(DevmemSocket socket) {
        try (ReceiveBatch batch = ReceiveBatch.allocate(64, 1)) {
            return socket.receive(batch, LONG);
        }
    }

    @Test
    void halfOfThemStalledTheOthersAllMakeProgress() throws Exception {
        List<SocketChannel> peers = new ArrayList<>();
        List<Future<Long>> receiving = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            peers.add(closedLater(SocketChannel.open(server.address())));
            DevmemSocket socket = closedLater(server.accept());
            receiving.add(threads.submit(() -> receive(socket)));
        }
        for (int round = 0; round < 2; round++) {
            for (int i = round; i < CONNECTIONS; i += 4) {
                peers.get(i).write(ByteBuffer.allocate(1 + i % 64));
            }
            for (int i = round; i < CONNECTIONS; i += 4) {
                assertThat(receiving.get(i).get(20, TimeUnit.SECONDS)).isEqualTo(1 + i % 64);
            }
        }
        assertThat(receiving.stream().filter(Future::isDone)).hasSize(CONNECTIONS / 2);
    }

    @Test
    void waitsEndInTime() throws Exception {
        SocketChannel peer = closedLater(SocketChannel.open(server.address()));
        DevmemSocket socket = closedLater(server.accept());
        List<Future<Long>> waits = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            waits.add(threads.submit(() -> {
                try (ReceiveBatch batch = ReceiveBatch.allocate(64, 1)) {
                    return socket.receive(batch, Duration.ofMillis(100));
                }
            }));
        }
        for (Future<Long> wait : waits) {
            assertThat(wait.get(20, TimeUnit.SECONDS)).isZero();
        }
        peer.write(ByteBuffer.allocate(5));
        assertThat(threads.submit(() -> receive(socket)).get(20, TimeUnit.SECONDS))
                .isEqualTo(5);
    }

    @Test
    void closingEndsThem() throws Exception {
        closedLater(SocketChannel.open(server.address()));
        DevmemSocket socket = closedLater(server.accept());
        List<Future<Long>> waits = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            waits.add(threads.submit(() -> receive(socket)));
        }
        Future<DevmemSocket> accepting = threads.submit(() -> server.accept());
        Thread.sleep(100);
        socket.close();
        server.close();
        for (Future<Long> wait : waits) {
            assertThatThrownBy(() -> wait.get(20, TimeUnit.SECONDS)).hasMessageContaining("closed");
        }
        assertThatThrownBy(() -> accepting.get(20, TimeUnit.SECONDS)).hasMessageContaining("closed");
    }

    @Test
    void anInterruptDoesNotEndAWaitAndStays() throws Exception {
        SocketChannel peer = closedLater(SocketChannel.open(server.address()));
        DevmemSocket socket = closedLater(server.accept());
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        Thread thread = Thread.startVirtualThread(() ->
                done.complete(receive(socket) == 3 && Thread.currentThread().isInterrupted()));
        Thread.sleep(50);
        thread.interrupt();
        Thread.sleep(50);
        assertThat(done).isNotDone();
        peer.write(ByteBuffer.allocate(3));
        assertThat(done.get(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void stalledSendsAndReceivesOfOneSocketWaitSideBySide() throws Exception {
        try (ZeroCopy zeroCopy = new ZeroCopy();
                DevmemSocket socket = zeroCopy.connect();
                SocketChannel peer = zeroCopy.accept()) {
            ZeroCopy.stall(socket);
            List<Future<?>> sends = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                sends.add(threads.submit(() -> socket.send(0, 1 << 16)));
                sends.add(threads.submit(() -> socket.awaitCompletions(LONG)));
            }
            Future<Long> receiving = threads.submit(() -> receive(socket));
            assertThat(threads.submit(() -> socket.awaitCompletions(Duration.ofMillis(50)))
                            .get(20, TimeUnit.SECONDS))
                    .isFalse();
            peer.write(ByteBuffer.allocate(7));
            assertThat(receiving.get(20, TimeUnit.SECONDS)).isEqualTo(7);
            assertThat(sends).noneMatch(Future::isDone);
            ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
            peer.configureBlocking(false);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (!sends.stream().allMatch(Future::isDone) && System.nanoTime() < end) {
                peer.read(buffer.clear());
            }
            for (Future<?> send : sends) {
                Object result = send.get(1, TimeUnit.SECONDS);
                assertThat(result).isNotEqualTo(false);
            }
        }
    }
}
