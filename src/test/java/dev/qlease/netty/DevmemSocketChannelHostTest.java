package dev.qlease.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.util.ReferenceCounted;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
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

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }

    /** A channel and the ordinary socket at its other end. */
    private record Pair(DevmemSocketChannel channel, Socket peer, Recorder recorder) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            channel.close().syncUninterruptibly();
            peer.close();
        }
    }

    private static Pair connect() throws Exception {
        return connect(true, false);
    }

    private static Pair connect(boolean autoRead, boolean halfClosure) throws Exception {
        Recorder recorder = new Recorder();
        try (ServerSocket server = loopback.listen()) {
            DevmemSocketChannel channel = (DevmemSocketChannel) loopback.client(recorder)
                    .option(ChannelOption.AUTO_READ, autoRead)
                    .option(ChannelOption.ALLOW_HALF_CLOSURE, halfClosure)
                    .connect(server.getLocalSocketAddress())
                    .sync()
                    .channel();
            return new Pair(channel, server.accept(), recorder);
        }
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
    void whatIsWrittenBeforeConnectingFails() throws Exception {
        Channel channel = loopback.client(new Recorder()).register().sync().channel();
        ByteBuf message = Unpooled.directBuffer().writeInt(1);
        ChannelFuture write = channel.writeAndFlush(message).await();
        assertThat(write.cause()).isInstanceOf(NotYetConnectedException.class);
        assertThat(message.refCnt()).isZero();
        channel.close().sync();
    }

    @Test
    void whatIsFlushedOnceConnectedIsSent() throws Exception {
        try (ServerSocket server = loopback.listen()) {
            Channel channel = loopback.client(new Recorder()).register().sync().channel();
            ChannelFuture write = channel.write(Unpooled.copyInt(0x01020304));
            channel.connect(server.getLocalSocketAddress()).sync();
            channel.flush();
            try (Socket peer = server.accept()) {
                assertThat(peer.getInputStream().readNBytes(4)).containsExactly(1, 2, 3, 4);
            }
            assertThat(write.await().isSuccess()).isTrue();
            channel.close().sync();
        }
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
        try (Pair pair = connect(false, false)) {
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
        try (Pair pair = connect(false, false)) {
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
        try (Pair pair = connect()) {
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
        try (Pair pair = connect()) {
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
        try (Pair pair = connect(false, false)) {
            pair.peer().setSoLinger(true, 0);
            pair.peer().close();
            assertThat(pair.recorder().inactive.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void halfClosedByThePeerItStillSends() throws Exception {
        try (Pair pair = connect(true, true)) {
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
        try (Pair pair = connect()) {
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
    void whatIsNotYetSentFailsWhenItIsClosed() throws Exception {
        try (Pair pair = connect()) {
            List<ReferenceCounted> messages = new ArrayList<>();
            List<ChannelFuture> writes = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                ByteBuf message = Unpooled.directBuffer(1 << 20).writeZero(1 << 20);
                messages.add(message);
                writes.add(pair.channel().write(message));
            }
            pair.channel().flush();
            pair.channel().close().sync();
            for (ChannelFuture write : writes) {
                write.await(10, TimeUnit.SECONDS);
            }
            assertThat(writes.getFirst().isSuccess()).isTrue();
            assertThat(writes.getLast().cause()).isInstanceOf(ClosedChannelException.class);
            assertThat(messages)
                    .allSatisfy(message -> assertThat(message.refCnt()).isZero());
        }
    }

    @Test
    void whatIsWrittenAfterClosingFails() throws Exception {
        Pair pair = connect();
        pair.close();
        ByteBuf late = Unpooled.directBuffer().writeInt(1);
        assertThat(pair.channel().writeAndFlush(late).await().cause()).isInstanceOf(ClosedChannelException.class);
        assertThat(late.refCnt()).isZero();
        assertThat(pair.channel().close().await().isSuccess()).isTrue();
    }

    @Test
    void writingToAPeerThatIsGoneFailsAllWrites() throws Exception {
        try (Pair pair = connect(false, false)) {
            List<ChannelFuture> writes = new CopyOnWriteArrayList<>();
            pair.channel().eventLoop().execute(() -> {
                for (int i = 0; i < 32; i++) {
                    writes.add(
                            pair.channel().write(Unpooled.directBuffer(1 << 20).writeZero(1 << 20)));
                }
                pair.channel().flush();
            });
            Thread.sleep(100);
            pair.peer().setSoLinger(true, 0);
            pair.peer().close();
            assertThat(pair.channel().closeFuture().await(10, TimeUnit.SECONDS)).isTrue();
            for (ChannelFuture write : writes) {
                assertThat(write.await(10, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(writes.getLast().cause()).isInstanceOf(IOException.class);
        }
    }

    @Test
    void manySmallWritesArriveInOrder() throws Exception {
        byte[] all = bytes(200_000);
        try (Pair pair = connect()) {
            List<ChannelFuture> writes = new ArrayList<>();
            CompletableFuture<byte[]> received = CompletableFuture.supplyAsync(() -> {
                try {
                    return pair.peer().getInputStream().readNBytes(all.length);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            Random random = new Random(3);
            for (int at = 0; at < all.length; ) {
                int length = Math.min(random.nextInt(40), all.length - at);
                ByteBuf piece = random.nextBoolean()
                        ? Unpooled.wrappedBuffer(all, at, length)
                        : pair.channel().alloc().directBuffer(64).writeBytes(all, at, length);
                writes.add(
                        random.nextInt(10) == 0
                                ? pair.channel().writeAndFlush(piece)
                                : pair.channel().write(piece));
                at += length;
            }
            pair.channel().flush();
            same(received.get(20, TimeUnit.SECONDS), all);
            assertThat(writes.getLast().await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(writes).allSatisfy(write -> assertThat(write.isSuccess()).isTrue());
        }
    }

    @Test
    void buffersOfSeveralPiecesArrive() throws Exception {
        byte[] all = bytes(50_000);
        try (Pair pair = connect()) {
            ByteBuf composite = pair.channel().alloc().compositeDirectBuffer(2000);
            for (int at = 0; at < all.length; at += 50) {
                ByteBuf piece = Unpooled.directBuffer(50).writeBytes(all, at, 50);
                composite.writeBytes(piece);
                piece.release();
            }
            ByteBuf mixed = Unpooled.wrappedBuffer(
                    Unpooled.directBuffer(3).writeBytes(all, 0, 3), Unpooled.wrappedBuffer(all, 3, 1000));
            ByteBuf many = pair.channel().alloc().compositeBuffer(2000);
            for (int at = 1003; at < all.length; at += 41) {
                ByteBuf piece = Unpooled.directBuffer(41).writeBytes(all, at, Math.min(41, all.length - at));
                ((io.netty.buffer.CompositeByteBuf) many).addComponent(true, piece);
            }
            pair.channel().write(composite);
            pair.channel().write(Unpooled.EMPTY_BUFFER);
            pair.channel().write(mixed);
            ChannelFuture last = pair.channel().writeAndFlush(many);
            byte[] twice = pair.peer().getInputStream().readNBytes(2 * all.length);
            same(Arrays.copyOf(twice, all.length), all);
            same(Arrays.copyOfRange(twice, all.length, 2 * all.length), all);
            assertThat(last.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void theWaterMarksCountWhatThePeerDoesNotTake() throws Exception {
        try (Pair pair = connect()) {
            pair.channel().config().setWriteBufferWaterMark(new WriteBufferWaterMark(1 << 20, 4 << 20));
            assertThat(pair.channel().isWritable()).isTrue();
            // On the loop: from elsewhere Netty counts a write twice until it gets there.
            ChannelFuture write = pair.channel()
                    .eventLoop()
                    .submit(() -> pair.channel()
                            .writeAndFlush(Unpooled.directBuffer(32 << 20).writeZero(32 << 20)))
                    .get(10, TimeUnit.SECONDS);
            assertThat(pair.channel().isWritable()).isFalse();
            assertThat(pair.peer().getInputStream().readNBytes(32 << 20)).hasSize(32 << 20);
            assertThat(write.await(10, TimeUnit.SECONDS)).isTrue();
            afterThisTurn(pair.channel());
            assertThat(pair.channel().isWritable()).isTrue();
            assertThat(pair.recorder().writability).containsExactly(false, true);
        }
    }

    @Test
    void aWriteThatWasCancelledIsNotSent() throws Exception {
        try (Pair pair = connect()) {
            ChannelPromise cancelled = pair.channel().newPromise();
            assertThat(cancelled.cancel(false)).isTrue();
            pair.channel()
                    .eventLoop()
                    .submit(() -> {
                        pair.channel().write(Unpooled.copyInt(1));
                        pair.channel().write(Unpooled.copyInt(2), cancelled);
                        pair.channel().writeAndFlush(Unpooled.copyInt(3));
                    })
                    .sync();
            assertThat(pair.peer().getInputStream().readNBytes(8)).containsExactly(0, 0, 0, 1, 0, 0, 0, 3);
        }
    }

    @Test
    void whatItCannotSendIsRefusedAndReleased() throws Exception {
        try (Pair pair = connect()) {
            ChannelFuture write = pair.channel().writeAndFlush("text").await();
            assertThat(write.cause())
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("expected: ByteBuf, DmaBufRegion");
        }
    }

    @Test
    void closingFromAWritesListenerIsTheUsualEnd() throws Exception {
        try (Pair pair = connect()) {
            byte[] all = "that is all".getBytes(StandardCharsets.US_ASCII);
            pair.channel().writeAndFlush(Unpooled.copiedBuffer(all)).addListener(ChannelFutureListener.CLOSE);
            same(pair.peer().getInputStream().readAllBytes(), all);
        }
    }

    @Test
    void anIdleChannelTakesNoProcessorTime() throws Exception {
        try (Pair pair = connect()) {
            long before = loopback.cpuTime();
            Thread.sleep(500);
            assertThat(loopback.cpuTime() - before).isLessThan(TimeUnit.MILLISECONDS.toNanos(30));
            assertThat(pair.channel().isActive()).isTrue();
        }
    }

    @Test
    void itsOptionsAreTheSockets() throws Exception {
        try (Pair pair = connect()) {
            DevmemSocketChannelConfig config = pair.channel().config();
            assertThat(config.isTcpNoDelay()).isTrue();
            assertThat(config.setOption(ChannelOption.SO_KEEPALIVE, true)).isTrue();
            assertThat(config.getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
            assertThat(config.setOption(ChannelOption.IP_TOS, 8)).isTrue();
            assertThat(config.getOption(ChannelOption.IP_TOS)).isEqualTo(8);
            assertThat(config.setOption(DevmemChannelOption.SO_BINDTODEVICE, "lo"))
                    .isTrue();
            assertThat(config.getOption(DevmemChannelOption.SO_BINDTODEVICE)).isEqualTo("lo");
            assertThatThrownBy(() -> config.setOption(DevmemChannelOption.COMPLETION_PATIENCE_MILLIS, -1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(config.setOption(ChannelOption.SO_BROADCAST, true)).isFalse();
        }
    }

    @Test
    void lingeringIsNotDoneOnTheLoop() throws Exception {
        try (Pair pair = connect()) {
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
    void aShutDownOutputTakesNoMore() throws Exception {
        try (Pair pair = connect()) {
            pair.channel().shutdownOutput().sync();
            assertThat(pair.channel().write(Unpooled.copyInt(1)).await().cause())
                    .isInstanceOfAny(ClosedChannelException.class, ChannelOutputShutdownException.class);
            pair.channel().shutdown().await(10, TimeUnit.SECONDS);
        }
    }
}
