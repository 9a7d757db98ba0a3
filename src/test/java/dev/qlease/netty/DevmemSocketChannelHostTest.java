package dev.qlease.netty;

import static dev.qlease.devmem.ReceivePeer.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The channels as a transport like any other: ordinary bytes over the loopback device of a namespace. */
@Tag("host")
@Timeout(60)
@ExtendWith(Leaks.class)
class DevmemSocketChannelHostTest {
    private static Loopback loopback;

    @BeforeAll
    static void begin() {
        loopback = Loopback.create();
    }

    @AfterAll
    static void end() {
        loopback.close();
    }

    private static Channel listen(ChannelInboundHandlerAdapter handler) throws Exception {
        return loopback.server(() -> handler).bind("127.0.0.1", 0).sync().channel();
    }

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }
    }

    /** A promise completes in the midst of what the loop does then. */
    private static void afterThisTurn(Channel channel) throws InterruptedException {
        channel.eventLoop().submit(() -> {}).sync();
    }

    private static void same(byte[] actual, byte[] expected) {
        assertThat(Arrays.mismatch(actual, expected)).isEqualTo(-1);
    }

    @Test
    void echoesWhatItGets() throws Exception {
        byte[] all = bytes(3_000_000);
        Channel server = listen(new Echo());
        try (Socket peer = loopback.connect((InetSocketAddress) server.localAddress())) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                try {
                    peer.getOutputStream().write(all);
                    peer.shutdownOutput();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            same(peer.getInputStream().readNBytes(all.length), all);
            sending.get(10, TimeUnit.SECONDS);
        }
        server.close().sync();
    }

    @Test
    void bothEndsCanBeItsOwn() throws Exception {
        Channel server = listen(new Echo());
        Recorder recorder = new Recorder();
        Channel client =
                loopback.client(recorder).connect(server.localAddress()).sync().channel();
        byte[] all = bytes(100_000);
        client.writeAndFlush(Unpooled.wrappedBuffer(all)).sync();
        same(recorder.await(all.length), all);
        assertThat(client.remoteAddress()).isEqualTo(server.localAddress());
        assertThat(((InetSocketAddress) client.localAddress()).getPort()).isPositive();
        client.close().sync();
        server.close().sync();
    }

    @Test
    void aRefusedConnectionFailsAsNettysDo() throws Exception {
        int port;
        try (ServerSocket server = loopback.listen()) {
            port = server.getLocalPort();
        }
        ChannelFuture connecting =
                loopback.client(new Recorder()).connect("127.0.0.1", port).await();
        assertThat(connecting.cause()).isInstanceOf(ConnectException.class).hasMessageContaining("ECONNREFUSED");
        assertThat(connecting.channel().closeFuture().await(10, TimeUnit.SECONDS))
                .isTrue();
    }

    @Test
    void connectingTimesOutAndCanBeCancelled() throws Exception {
        // Its queue of connections that nobody accepts holds one, or two; those beyond are not answered.
        Channel server = loopback.server(Recorder::new)
                .option(ChannelOption.SO_BACKLOG, 0)
                .option(ChannelOption.AUTO_READ, false)
                .bind("127.0.0.1", 0)
                .sync()
                .channel();
        List<Socket> queued = new ArrayList<>();
        queued.add(loopback.connect((InetSocketAddress) server.localAddress()));
        ChannelFuture timedOut = loopback.client(new Recorder())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 300)
                .connect(server.localAddress())
                .await();
        assertThat(timedOut.cause()).isInstanceOf(ConnectTimeoutException.class);
        ChannelFuture cancelled = loopback.client(new Recorder()).connect(server.localAddress());
        assertThat(cancelled.cancel(false)).isTrue();
        assertThat(cancelled.channel().closeFuture().await(10, TimeUnit.SECONDS))
                .isTrue();
        for (Socket socket : queued) {
            socket.close();
        }
        server.close().sync();
    }

    @Test
    void nothingIsReadWithoutAutoReadUntilItIsAskedFor() throws Exception {
        try (Pair pair = Pair.connect(loopback, false, false)) {
            pair.peer().getOutputStream().write(bytes(1000));
            Thread.sleep(100);
            assertThat(pair.recorder().received()).isEmpty();
            pair.channel().read();
            same(pair.recorder().await(1000), bytes(1000));
            pair.peer().getOutputStream().write(bytes(500));
            Thread.sleep(100);
            assertThat(pair.recorder().received()).hasSize(1000);
            pair.channel().config().setAutoRead(true);
            assertThat(pair.recorder().await(1500)).hasSize(1500);
        }
    }

    @Test
    void whoDoesNotReadHoldsUpThePeer() throws Exception {
        try (Pair pair = Pair.connect(loopback, false, false)) {
            pair.peer().setSoTimeout(100);
            CompletableFuture<Void> sending = CompletableFuture.runAsync(
                    () -> {
                        try {
                            pair.peer().getOutputStream().write(new byte[64 << 20]);
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    },
                    task -> Thread.ofPlatform().daemon().start(task));
            Thread.sleep(500);
            assertThat(sending).isNotDone();
            assertThat(pair.recorder().received()).isEmpty();
            long before = loopback.cpuTime();
            Thread.sleep(300);
            assertThat(loopback.cpuTime() - before).isLessThan(TimeUnit.MILLISECONDS.toNanos(30));
            pair.channel().close().sync();
            assertThatThrownBy(() -> sending.get(10, TimeUnit.SECONDS)).hasRootCauseInstanceOf(IOException.class);
        }
    }

    @Test
    void thePeersEndClosesIt() throws Exception {
        try (Pair pair = Pair.connect(loopback)) {
            pair.peer().getOutputStream().write(7);
            pair.peer().close();
            assertThat(pair.recorder().inactive.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(pair.recorder().received()).containsExactly(7);
            assertThat(pair.recorder().failures).isEmpty();
            assertThat(pair.channel().isOpen()).isFalse();
        }
    }

    @Test
    void thePeersResetIsAFailure() throws Exception {
        try (Pair pair = Pair.connect(loopback)) {
            pair.peer().setSoLinger(true, 0);
            pair.peer().close();
            assertThat(pair.recorder().inactive.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(pair.recorder().failures)
                    .singleElement()
                    .isInstanceOf(IOException.class)
                    .satisfies(cause -> assertThat(cause).hasMessageContaining("ECONNRESET"));
        }
    }

    @Test
    void aResetIsNoticedWithoutReading() throws Exception {
        try (Pair pair = Pair.connect(loopback, false, false)) {
            pair.peer().setSoLinger(true, 0);
            pair.peer().close();
            assertThat(pair.recorder().inactive.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void halfClosedByThePeerItStillSends() throws Exception {
        try (Pair pair = Pair.connect(loopback, true, true)) {
            pair.peer().shutdownOutput();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (pair.recorder().events.size() < 2 && System.nanoTime() < end) {
                Thread.sleep(10);
            }
            assertThat(pair.recorder().events)
                    .containsExactly(ChannelInputShutdownEvent.INSTANCE, ChannelInputShutdownReadComplete.INSTANCE);
            assertThat(pair.channel().isInputShutdown()).isTrue();
            assertThat(pair.channel().isActive()).isTrue();
            pair.channel().writeAndFlush(Unpooled.copyInt(5)).sync();
            assertThat(pair.peer().getInputStream().readNBytes(4)).containsExactly(0, 0, 0, 5);
        }
    }

    @Test
    void halfClosedByItselfItStillReceives() throws Exception {
        try (Pair pair = Pair.connect(loopback)) {
            pair.channel().writeAndFlush(Unpooled.copyInt(5));
            pair.channel().shutdownOutput().sync();
            assertThat(pair.channel().isOutputShutdown()).isTrue();
            assertThat(pair.peer().getInputStream().readAllBytes()).containsExactly(0, 0, 0, 5);
            afterThisTurn(pair.channel());
            assertThat(pair.recorder().events).containsExactly(ChannelOutputShutdownEvent.INSTANCE);
            ByteBuf late = Unpooled.directBuffer().writeInt(1);
            assertThat(pair.channel().writeAndFlush(late).await().cause()).isInstanceOf(ClosedChannelException.class);
            assertThat(late.refCnt()).isZero();
            pair.peer().getOutputStream().write(bytes(100));
            assertThat(pair.recorder().await(100)).hasSize(100);
        }
    }

    @Test
    void anIdleChannelTakesNoProcessorTime() throws Exception {
        try (Pair pair = Pair.connect(loopback)) {
            long before = loopback.cpuTime();
            Thread.sleep(500);
            assertThat(loopback.cpuTime() - before).isLessThan(TimeUnit.MILLISECONDS.toNanos(30));
            assertThat(pair.channel().isActive()).isTrue();
        }
    }

    @Test
    void itsOptionsAreTheSockets() throws Exception {
        try (Pair pair = Pair.connect(loopback)) {
            DevmemSocketChannelConfig config = pair.channel().config();
            assertThat(config.isTcpNoDelay()).isTrue();
            assertThat(config.setOption(ChannelOption.SO_KEEPALIVE, true)).isTrue();
            assertThat(config.getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
            assertThat(config.setOption(ChannelOption.IP_TOS, 8)).isTrue();
            assertThat(config.getOption(ChannelOption.IP_TOS)).isEqualTo(8);
            assertThat(config.setOption(DevmemChannelOption.SO_BINDTODEVICE, "lo"))
                    .isTrue();
            assertThat(config.getOption(DevmemChannelOption.SO_BINDTODEVICE)).isEqualTo("lo");
            assertThatThrownBy(() -> config.setOption(DevmemChannelOption.COMPLETION_TIMEOUT_MILLIS, -1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(config.setOption(ChannelOption.SO_BROADCAST, true)).isFalse();
        }
    }

    @Test
    void lingeringIsNotDoneOnTheLoop() throws Exception {
        try (Pair pair = Pair.connect(loopback)) {
            pair.channel().config().setSoLinger(1);
            pair.channel().write(Unpooled.directBuffer(16 << 20).writeZero(16 << 20));
            pair.channel().flush();
            ChannelFuture closing = pair.channel().close();
            long before = System.nanoTime();
            loopback.cpuTime();
            assertThat(System.nanoTime() - before).isLessThan(TimeUnit.MILLISECONDS.toNanos(900));
            assertThat(closing.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(pair.recorder().inactive.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void theLoopsEndClosesItsChannels() throws Exception {
        Loopback own = Loopback.create();
        Recorder recorder = new Recorder();
        try (ServerSocket server = own.listen()) {
            Channel channel = own.client(recorder)
                    .connect(server.getLocalSocketAddress())
                    .sync()
                    .channel();
            try (Socket peer = server.accept()) {
                own.close();
                assertThat(channel.isOpen()).isFalse();
                assertThat(recorder.inactive.getCount()).isZero();
                assertThat(peer.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void whatThePeerSendsFirstIsRead() throws Exception {
        try (ServerSocket server = loopback.listen()) {
            Recorder recorder = new Recorder();
            ChannelFuture connecting = loopback.client(recorder).connect(server.getLocalSocketAddress());
            try (Socket peer = server.accept()) {
                peer.getOutputStream().write(bytes(100));
                same(recorder.await(100), bytes(100));
            }
            connecting.sync().channel().closeFuture().sync();
        }
    }

    @Test
    void aResetIsNoticedAfterThePeersEnd() throws Exception {
        try (Pair pair = Pair.connect(loopback, true, true)) {
            pair.peer().shutdownOutput();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (!pair.channel().isInputShutdown() && System.nanoTime() < end) {
                Thread.sleep(10);
            }
            pair.peer().setSoLinger(true, 0);
            pair.peer().close();
            assertThat(pair.recorder().inactive.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }
}
