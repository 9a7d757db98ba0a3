package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One peer that does not read holds up nothing but its own connection, and that for as long as it lasts. */
@Timeout(60)
class StalledPeerTest {
    private static final Duration SHORT = Duration.ofMillis(100);
    private static final MemorySegment SOME = MemorySegment.ofArray(new byte[4096]);

    private ZeroCopy zeroCopy;
    private DevmemSocket socket;
    private SocketChannel peer;
    private CompletableFuture<Long> sending;

    @BeforeEach
    void connect() throws Exception {
        zeroCopy = new ZeroCopy();
        socket = zeroCopy.connect();
        peer = zeroCopy.accept();
        ZeroCopy.stall(socket);
        sending = started(() -> socket.send(0, 1 << 16));
        Thread.sleep(100);
        assertThat(sending).isNotDone();
    }

    @AfterEach
    void close() throws IOException {
        socket.close(Duration.ZERO);
        peer.close();
        zeroCopy.close();
    }

    private static <T> CompletableFuture<T> started(Supplier<T> call) {
        CompletableFuture<T> future = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                future.complete(call.get());
            } catch (RuntimeException e) {
                future.completeExceptionally(e);
            }
        });
        return future;
    }

    /** What the call returns, within its own time. */
    private static <T> T soon(Supplier<T> call) throws InterruptedException, ExecutionException, TimeoutException {
        return started(call).get(3, TimeUnit.SECONDS);
    }

    @Test
    void bytesThatNoSendHasCanBeWritten() throws Exception {
        soon(() -> {
            zeroCopy.binding().write(8 << 20, SOME);
            return null;
        });
        assertThatThrownBy(() -> soon(() -> {
                    zeroCopy.binding().write(0, SOME);
                    return null;
                }))
                .hasMessageContaining("in flight");
    }

    @Test
    void countersAndBoundedWaitsTakeNoLonger() throws Exception {
        assertThat(soon(socket::outstanding)).isPositive();
        assertThat(soon(() -> socket.awaitCompletions(SHORT))).isFalse();
        assertThat(soon(() -> socket.awaitFree(0, 1, SHORT))).isFalse();
        assertThat(soon(() -> socket.awaitFree(5, Long.MAX_VALUE, SHORT))).isFalse();
        assertThat(soon(() -> socket.awaitFree(8 << 20, 1, SHORT))).isTrue();
        assertThat(soon(() -> socket.holds(1, Long.MAX_VALUE))).isTrue();
        assertThat(soon(socket::complete)).isZero();
        assertThat(soon(socket::completed)).isZero();
    }

    @Test
    void severalWaitsAtOnceTakeTheirOwnTime() throws Exception {
        CompletableFuture<Boolean> longer = started(() -> socket.awaitCompletions(Duration.ofSeconds(20)));
        Thread.sleep(50);
        assertThat(soon(() -> socket.awaitCompletions(SHORT))).isFalse();
        assertThat(soon(() -> zeroCopy.binding().close(SHORT))).isPositive();
        assertThat(longer).isNotDone();
        drainPeer();
        sending.get(10, TimeUnit.SECONDS);
        assertThat(longer.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aBindingIsClosedWithinItsTime() throws Exception {
        assertThat(soon(() -> zeroCopy.binding().close(SHORT))).isPositive();
        assertThat(soon(() -> zeroCopy.binding().close(Duration.ZERO))).isPositive();
    }

    @Test
    void closingTheSocketWithinItsTimeEndsTheSendAndFreesTheMemory() throws Exception {
        assertThat(soon(() -> socket.close(SHORT))).isPositive();
        assertThatThrownBy(() -> sending.get(3, TimeUnit.SECONDS)).hasMessageContaining("closed");
        assertThat(soon(() -> zeroCopy.binding().close(Duration.ofSeconds(2)))).isZero();
        zeroCopy.binding().write(0, SOME);
    }

    @Test
    void aBindingThatIsClosedWhileItsSocketIsSeesTheEnd() throws Exception {
        CompletableFuture<Long> closing = started(() -> zeroCopy.binding().close(Duration.ofSeconds(20)));
        Thread.sleep(100);
        soon(() -> socket.close(Duration.ofMillis(50)));
        assertThat(closing.get(5, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void anInterruptedThreadClosesAllTheSame() throws Exception {
        assertThat(soon(() -> {
                    Thread.currentThread().interrupt();
                    socket.close(SHORT);
                    long left = zeroCopy.binding().close(Duration.ofSeconds(2));
                    return left == 0 && Thread.interrupted();
                }))
                .isTrue();
        for (int i = 0; i < 300 && socket.descriptor().isOpen(); i++) {
            Thread.sleep(10);
        }
        assertThat(socket.descriptor().isOpen()).isFalse();
    }

    @Test
    void whatCompletesElsewhereEndsAWait() throws Exception {
        CompletableFuture<Boolean> waiting = started(() -> socket.awaitCompletions(Duration.ofSeconds(20)));
        CompletableFuture<Void> reading = CompletableFuture.runAsync(() -> {
            try {
                drainPeer();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        while (!waiting.isDone()) {
            socket.complete();
            socket.holds(0, 1);
        }
        assertThat(waiting.get()).isTrue();
        sending.get(5, TimeUnit.SECONDS);
        reading.get(5, TimeUnit.SECONDS);
    }

    /** Reads until the sending has ended and nothing comes any more. */
    private void drainPeer() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        peer.configureBlocking(false);
        long quiet = System.nanoTime();
        while (!sending.isDone() || System.nanoTime() - quiet < 300_000_000L) {
            if (peer.read(buffer.clear()) > 0) {
                quiet = System.nanoTime();
            }
        }
    }
}
