package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.devmem.loop.LoopMemory;
import dev.qlease.devmem.loop.NonBlockingSocket;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.PlainMemory;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Phaser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Closing and aborting, in any order and against any other call: everything is released, and nothing throws for being
 * late.
 */
@Timeout(120)
class ClosingTest {
    private static final int ROUNDS = 400;
    private static final Duration SHORT = Duration.ofMillis(2);
    private static final MemorySegment SOME = MemorySegment.ofArray(new byte[16]);

    private interface Call {
        void run() throws IOException;
    }

    /** What users of a socket do at once, some of them after it was closed. */
    private static List<Call> calls(ZeroCopy zeroCopy, DevmemSocket socket, SocketChannel peer, Random random) {
        TxBinding binding = zeroCopy.binding();
        List<Call> calls = new ArrayList<>();
        calls.add(() -> {
            for (int i = 0; i < 50; i++) {
                socket.send(random.nextInt(8) << 16, 1 << 16);
            }
        });
        calls.add(() -> socket.awaitCompletions(Duration.ofSeconds(20)));
        calls.add(() -> socket.awaitFree(0, Long.MAX_VALUE, SHORT));
        calls.add(() -> {
            try (ReceiveBatch batch = ReceiveBatch.allocate(4096, 4)) {
                socket.receive(batch, Duration.ofSeconds(20));
            }
        });
        calls.add(() -> {
            for (int i = 0; i < 20; i++) {
                socket.complete();
                socket.outstanding();
                socket.holds(1 << 20, 5);
            }
        });
        calls.add(() -> binding.write(random.nextInt(16) << 16, SOME));
        calls.add(() -> socket.close(Duration.ofMillis(random.nextInt(5))));
        calls.add(() -> socket.close(SHORT));
        calls.add(() -> binding.close(Duration.ofMillis(random.nextInt(5))));
        boolean reads = random.nextBoolean();
        boolean resets = random.nextBoolean();
        calls.add(() -> {
            ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
            for (int i = 0; reads && i < 20; i++) {
                peer.read(buffer.clear());
            }
            if (resets) {
                peer.setOption(StandardSocketOptions.SO_LINGER, 0);
                peer.close();
            }
        });
        return calls;
    }

    /** Late calls are told that the socket is closed, or what is in flight; all else is a fault. */
    private static boolean isExpected(Throwable failure) {
        return failure instanceof IllegalStateException state
                        && (state.getMessage().contains("closed")
                                || state.getMessage().contains("in flight"))
                || failure instanceof LinuxException
                || failure instanceof IOException;
    }

    @Test
    void anyOrderReleasesEverything() throws Exception {
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        try (ZeroCopy zeroCopy = new ZeroCopy()) {
            int before = ZeroCopy.descriptors();
            for (int round = 0; round < ROUNDS; round++) {
                Random random = new Random(round);
                zeroCopy.bindAgain();
                DevmemSocket socket = zeroCopy.connect();
                try (SocketChannel peer = zeroCopy.accept()) {
                    List<Call> calls = calls(zeroCopy, socket, peer, random);
                    Phaser start = new Phaser(calls.size());
                    List<Thread> threads = calls.stream()
                            .map(call -> Thread.ofPlatform().start(() -> {
                                start.arriveAndAwaitAdvance();
                                try {
                                    call.run();
                                } catch (IOException | RuntimeException e) {
                                    if (!isExpected(e)) {
                                        failures.add(e);
                                    }
                                }
                            }))
                            .toList();
                    for (Thread thread : threads) {
                        assertThat(thread.join(Duration.ofSeconds(10)))
                                .as("round %d", round)
                                .isTrue();
                    }
                    assertThat(zeroCopy.binding().close(Duration.ofSeconds(10))).isZero();
                    zeroCopy.binding().write(0, MemorySegment.ofArray(new byte[1 << 20]));
                }
            }
            assertThat(failures).isEmpty();
            assertThat(descriptorsDownTo(before)).isLessThanOrEqualTo(before);
        }
    }

    private static int descriptorsDownTo(int most) throws Exception {
        int now = ZeroCopy.descriptors();
        for (int i = 0; i < 500 && now > most; i++) {
            Thread.sleep(10);
            now = ZeroCopy.descriptors();
        }
        return now;
    }

    @Test
    void regionsOfManyStalledPeersAreAllFreeAgain() throws Exception {
        try (ZeroCopy zeroCopy = new ZeroCopy()) {
            int before = ZeroCopy.descriptors();
            List<SocketChannel> peers = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                DevmemSocket socket = zeroCopy.connect();
                peers.add(zeroCopy.accept());
                socket.blocking(false);
                long at = (long) i << 20;
                while (socket.send(at, 1 << 20) > 0) {
                    Thread.onSpinWait();
                }
                assertThat(socket.close(Duration.ofMillis(10))).isPositive();
            }
            assertThat(zeroCopy.binding().close(Duration.ofSeconds(10))).isZero();
            for (int i = 0; i < 12; i++) {
                zeroCopy.binding().write((long) i << 20, MemorySegment.ofArray(new byte[1 << 20]));
            }
            for (SocketChannel peer : peers) {
                assertThatThrownBy(() -> {
                            ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
                            while (peer.read(buffer.clear()) >= 0) {
                                Thread.onSpinWait();
                            }
                        })
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("reset");
                peer.close();
            }
            assertThat(descriptorsDownTo(before)).isLessThanOrEqualTo(before);
        }
    }

    @Test
    void aBindingThatFailsLeaksNothing() throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            DmaBuf closed = PlainMemory.allocate(arena, 4096).dmaBuf();
            closed.close();
            int before = ZeroCopy.descriptors();
            for (int i = 0; i < 50; i++) {
                assertThatThrownBy(() -> TxBinding.bind(NetworkNamespace.ofCaller(), 1, closed))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("closed");
            }
            assertThat(ZeroCopy.descriptors()).isEqualTo(before);
        }
    }

    @Test
    void aConnectionThatFailsLeaksNothing() throws Exception {
        try (ZeroCopy zeroCopy = new ZeroCopy()) {
            InetSocketAddress nobody = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 1);
            int before = ZeroCopy.descriptors();
            for (int i = 0; i < 20; i++) {
                assertThatThrownBy(() -> DevmemSocket.connect(
                                zeroCopy.binding(), NetworkNamespace.ofCaller(), null, nobody, Duration.ofSeconds(5)))
                        .isInstanceOf(LinuxException.class)
                        .hasMessageContaining("127.0.0.1:1");
            }
            assertThat(ZeroCopy.descriptors()).isEqualTo(before);
        }
    }

    @Test
    void whatAKeepThatFailsTookIsGivenBack() {
        NonBlockingSocket socket = NonBlockingSocket.open(NetworkNamespace.ofCaller());
        try (ReceiveBatch batch = ReceiveBatch.allocate(16, 1)) {
            assertThatThrownBy(() -> socket.keep(batch, 0)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> socket.release(new int[] {3}, 1)).hasMessageContaining("token 3");
            assertThatThrownBy(() -> socket.release(new int[] {3}, 2)).isInstanceOf(IndexOutOfBoundsException.class);
        }
        socket.close();
        socket.close();
        assertThat(socket.descriptor().isOpen()).isFalse();
        assertThatThrownBy(() -> socket.release(new int[] {3}, 1)).hasMessageContaining("token 3");
    }

    @Test
    void whatIsCompletedIsToldOnceAndNoSooner() throws Exception {
        try (ZeroCopy zeroCopy = new ZeroCopy();
                LoopMemory loop = LoopMemory.allocate()) {
            NonBlockingSocket socket = NonBlockingSocket.open(NetworkNamespace.ofCaller());
            socket.connect(zeroCopy.address());
            SocketChannel peer = zeroCopy.accept();
            List<String> told = new ArrayList<>();
            loop.clear();
            loop.add(zeroCopy.binding(), 0, 8 << 20);
            while (socket.send(loop, false, 7) > 0) {
                Thread.onSpinWait();
            }
            assertThat(socket.oldestCookie(-1)).isEqualTo(7);
            assertThatThrownBy(() -> zeroCopy.binding().write(0, SOME)).hasMessageContaining("in flight");
            Phaser completed = new Phaser(2);
            socket.whenCompleted(() -> {
                zeroCopy.binding().write(0, SOME);
                told.add("completed");
                completed.arrive();
            });
            assertThat(told).isEmpty();
            socket.close();
            completed.awaitAdvanceInterruptibly(completed.arrive(), 10, java.util.concurrent.TimeUnit.SECONDS);
            assertThat(told).containsExactly("completed");
            socket.whenCompleted(() -> told.add("at once"));
            assertThat(told).containsExactly("completed", "at once");
            peer.close();
        }
    }
}
