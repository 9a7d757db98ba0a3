package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.net.NoSuchLinkException;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connecting and listening by a device, the loopback device here, and with options. */
@Timeout(30)
class DeviceTest {
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);

    private final Device loopback = Device.named(NetworkNamespace.ofCaller(), "lo");

    @Test
    void aDeviceIsFoundByItsNameAndByItsNumber() {
        assertThat(loopback.ifindex()).isEqualTo(1);
        assertThat(loopback).hasToString("lo");
        assertThat(Device.named(NetworkNamespace.ofCaller(), "1").name()).isEqualTo("lo");
        assertThatThrownBy(() -> Device.named(NetworkNamespace.ofCaller(), "nosuch0"))
                .isInstanceOf(NoSuchLinkException.class)
                .hasMessageContaining("nosuch0");
    }

    @Test
    void whatIsSentToAListeningDeviceArrives() throws Exception {
        try (DevmemServerSocket server = loopback.listen(ANY_PORT);
                SocketChannel peer = SocketChannel.open(server.address());
                DevmemSocket socket = server.accept();
                ReceiveBatch batch = ReceiveBatch.allocate()) {
            peer.write(java.nio.ByteBuffer.wrap(new byte[] {1, 2, 3}));
            assertThat(socket.receive(batch)).isEqualTo(3);
            assertThat(batch.linear(0).toArray(ValueLayout.JAVA_BYTE)).containsExactly(1, 2, 3);
        }
    }

    @Test
    void optionsAreSetBeforeConnectingAndReadBack() {
        ConnectionOptions options = ConnectionOptions.defaults()
                .with(StandardSocketOptions.TCP_NODELAY, true)
                .with(StandardSocketOptions.SO_KEEPALIVE, true)
                .with(StandardSocketOptions.SO_LINGER, 7)
                .with(StandardSocketOptions.IP_TOS, 0x20)
                .from(ANY_PORT)
                .timeout(Duration.ofSeconds(5));
        try (DevmemServerSocket server = loopback.listen(ANY_PORT);
                DevmemSocket socket = loopback.connect(server.address(), options)) {
            assertThat(socket.getOption(StandardSocketOptions.TCP_NODELAY)).isTrue();
            assertThat(socket.getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
            assertThat(socket.getOption(StandardSocketOptions.SO_LINGER)).isEqualTo(7);
            assertThat(socket.getOption(StandardSocketOptions.IP_TOS)).isEqualTo(0x20);
            socket.setOption(StandardSocketOptions.TCP_NODELAY, false).setOption(StandardSocketOptions.SO_LINGER, -1);
            assertThat(socket.getOption(StandardSocketOptions.TCP_NODELAY)).isFalse();
            assertThat(socket.getOption(StandardSocketOptions.SO_LINGER)).isEqualTo(-1);
            assertThat(socket.getOption(StandardSocketOptions.SO_SNDBUF)).isPositive();
        }
        assertThat(ConnectionOptions.defaults().local()).isEmpty();
    }

    @Test
    void optionsOfOtherSocketsAreRefused() {
        assertThat(DevmemSocket.supportedOptions()).contains(StandardSocketOptions.SO_RCVBUF);
        assertThatThrownBy(() -> ConnectionOptions.defaults().with(StandardSocketOptions.IP_MULTICAST_TTL, 1))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("IP_MULTICAST_TTL");
    }

    @Test
    void aPeerThatDoesNotListenIsNamed() {
        InetSocketAddress nobody = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 1);
        assertThatThrownBy(() -> loopback.connect(nobody))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("connect to 127.0.0.1:1")
                .hasMessageContaining("ECONNREFUSED");
    }
}
