package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers of the emulated NIC that do not read, and device memory that is sent to them. */
@Tag("vm")
@Timeout(120)
class StalledPeerVmTest {
    private static final int PEERS = 12;
    private static final int REGION = 1 << 20;

    private NetworkNamespace remote;
    private ServerSocketChannel server;
    private Device nic;
    private DmaBuf memory;
    private TxBinding binding;
    private final List<SocketChannel> peers = new ArrayList<>();

    @BeforeEach
    void bindMemory() {
        remote = NetworkNamespace.named("remote");
        server = remote.run(() -> {
            try {
                ServerSocketChannel opened = ServerSocketChannel.open();
                opened.setOption(StandardSocketOptions.SO_RCVBUF, 1 << 14);
                return opened.bind(new InetSocketAddress(InetAddress.ofLiteral("2001:db8:1::2"), 0));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        nic = Device.named(NetworkNamespace.ofCaller(), "qnic0");
        memory = Udmabuf.pages().allocate((long) PEERS * REGION);
        binding = nic.bindTx(memory);
    }

    @AfterEach
    void unbind() throws IOException {
        Nic.calm();
        binding.close(Duration.ofSeconds(10));
        memory.close();
        for (SocketChannel peer : peers) {
            peer.close();
        }
        server.close();
        remote.close();
    }

    /** A connection whose region cannot be sent any further. */
    private DevmemSocket stalled(int index) throws Exception {
        DevmemSocket socket = nic.connect(binding, (InetSocketAddress) server.getLocalAddress());
        peers.add(server.accept());
        socket.blocking(false);
        // The peer's queue has more room for a while.
        for (int refusals = 0; refusals < 5; refusals++) {
            while (socket.send((long) index * REGION, REGION) > 0) {
                refusals = 0;
            }
            Thread.sleep(50);
        }
        return socket;
    }

    private void write(int index) {
        binding.write((long) index * REGION, MemorySegment.ofArray(new byte[REGION]));
    }

    @Test
    void regionsOfSocketsThatWereClosedCanBeWrittenSoon() throws Exception {
        for (int i = 0; i < PEERS; i++) {
            int index = i;
            DevmemSocket socket = stalled(i);
            assertThatThrownBy(() -> write(index)).hasMessageContaining("in flight");
            assertThat(socket.close(Duration.ofMillis(100))).isPositive();
        }
        for (int i = 0; i < PEERS; i++) {
            long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            while (true) {
                try {
                    write(i);
                    break;
                } catch (IllegalStateException e) {
                    assertThat(System.nanoTime()).as(e.getMessage()).isLessThan(end);
                    Thread.sleep(10);
                }
            }
        }
        assertThat(binding.close(Duration.ZERO)).isZero();
    }

    @Test
    void whatTheNicHasIsNotFreeBeforeItIsDone() throws Exception {
        Nic.set("complete_delay_us", 1_000_000);
        DevmemSocket socket = stalled(0);
        long start = System.nanoTime();
        assertThat(socket.close(Duration.ZERO)).isPositive();
        assertThatThrownBy(() -> write(0)).hasMessageContaining("in flight");
        assertThat(binding.close(Duration.ofSeconds(20))).isZero();
        assertThat(System.nanoTime() - start)
                .isGreaterThan(Duration.ofMillis(500).toNanos());
    }

    @Test
    void aSendThatWaitsHoldsUpNothingElse() throws Exception {
        DevmemSocket socket = stalled(0);
        socket.blocking(true);
        Thread sender = Thread.ofPlatform().daemon().start(() -> {
            try {
                socket.send(0, REGION);
            } catch (IllegalStateException e) {
                assertThat(e).hasMessageContaining("closed");
            }
        });
        Thread.sleep(300);
        assertThat(sender.isAlive()).isTrue();
        long start = System.nanoTime();
        write(PEERS - 1);
        assertThat(socket.outstanding()).isPositive();
        assertThat(socket.awaitCompletions(Duration.ofMillis(100))).isFalse();
        assertThat(binding.close(Duration.ofMillis(100))).isPositive();
        assertThat(socket.close(Duration.ofMillis(100))).isPositive();
        assertThat(System.nanoTime() - start).isLessThan(Duration.ofSeconds(5).toNanos());
        assertThat(sender.join(Duration.ofSeconds(10))).isTrue();
        assertThat(binding.close(Duration.ofSeconds(10))).isZero();
    }
}
