package dev.qlease.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.devmem.ReceivePeer;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netty.Leaks;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The example of Netty in java.md serves what it promises. */
@Tag("vm")
@Timeout(120)
@ExtendWith(Leaks.class)
class ServeDeviceMemoryVmTest {
    private static final int PORT = 5210;
    private static final int SIZE = 4 << 20;

    @Test
    void theExampleServes() throws Exception {
        Thread server = Thread.ofPlatform().daemon().start(() -> {
            try {
                ServeDeviceMemory.main(new String[] {"qnic0", Integer.toString(PORT)});
            } catch (InterruptedException e) {
                // The way out of it: all that it has opened is closed then.
                Thread.currentThread().interrupt();
            }
        });
        try (NetworkNamespace remote = NetworkNamespace.named("remote");
                SocketChannel peer = connect(remote)) {
            ByteBuffer all = ByteBuffer.allocate(SIZE + Long.BYTES + 1);
            while (peer.read(all) >= 0) {
                assertThat(all.hasRemaining()).isTrue();
            }
            assertThat(all.position()).isEqualTo(SIZE + Long.BYTES);
            assertThat(all.getLong(0)).isEqualTo(SIZE);
        } finally {
            server.interrupt();
            server.join(TimeUnit.SECONDS.toMillis(20));
        }
        assertThat(server.isAlive()).isFalse();
    }

    private static SocketChannel connect(NetworkNamespace remote) throws Exception {
        InetSocketAddress to = new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), PORT);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            try {
                return ReceivePeer.connect(remote, to);
            } catch (IOException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                Thread.sleep(100);
            }
        }
    }
}
