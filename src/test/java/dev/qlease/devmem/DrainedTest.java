package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.devmem.loop.NonBlockingSocket;
import dev.qlease.linux.NetworkNamespace;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whether a socket for an event loop knows that it need not ask for more, over loopback. */
@Timeout(20)
class DrainedTest {
    private final ReceiveBatch batch = ReceiveBatch.allocate(8, 16);
    private NonBlockingSocket server;
    private NonBlockingSocket socket;
    private SocketChannel peer;

    @BeforeEach
    void connect() throws Exception {
        server = NonBlockingSocket.open(NetworkNamespace.ofCaller());
        server.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
        server.listen(1);
        peer = SocketChannel.open(
                new InetSocketAddress("127.0.0.1", server.localAddress().getPort()));
        socket = server.accept().orElseThrow();
    }

    @AfterEach
    void close() throws Exception {
        batch.close();
        socket.close();
        server.close();
        peer.close();
    }

    /** Receives as soon as there is something. */
    private long receive() throws InterruptedException {
        long bytes = socket.receive(batch);
        while (bytes == 0) {
            TimeUnit.MILLISECONDS.sleep(1);
            bytes = socket.receive(batch);
        }
        return bytes;
    }

    @Test
    void allThatWasThereSaysSo() throws Exception {
        peer.write(ByteBuffer.allocate(5));
        assertThat(receive()).isEqualTo(5);
        assertThat(batch.drained()).isTrue();
    }

    @Test
    void whereMoreIsLeftItDoesNot() throws Exception {
        peer.write(ByteBuffer.allocate(20));
        assertThat(receive()).isEqualTo(8);
        assertThat(batch.drained()).isFalse();
        assertThat(receive()).isEqualTo(8);
        assertThat(batch.drained()).isFalse();
        assertThat(receive()).isEqualTo(4);
        assertThat(batch.drained()).isTrue();
    }

    @Test
    void theEndOfTheStreamIsSomethingMore() throws Exception {
        peer.write(ByteBuffer.allocate(5));
        peer.shutdownOutput();
        // The end may follow the bytes at some distance, even over loopback.
        TimeUnit.MILLISECONDS.sleep(50);
        assertThat(receive()).isEqualTo(5);
        assertThat(batch.drained()).isFalse();
        assertThat(receive()).isEqualTo(-1);
    }

    @Test
    void whoFindsNothingIsToldNothing() throws Exception {
        peer.write(ByteBuffer.allocate(5));
        assertThat(receive()).isEqualTo(5);
        assertThat(socket.receive(batch)).isZero();
        assertThat(batch.drained()).isFalse();
    }
}
