package dev.qlease.netty;

import static dev.qlease.devmem.ReceivePeer.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelPromise;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.util.ReferenceCounted;
import java.io.IOException;
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

/** What is written to a channel, in ordinary bytes: its order, its promises, and its end. */
@Tag("host")
@Timeout(60)
@ExtendWith(Leaks.class)
class DevmemWritesHostTest {
    private static Loopback loopback;

    @BeforeAll
    static void begin() {
        loopback = Loopback.create();
    }

    @AfterAll
    static void end() {
        loopback.close();
    }

    /** A promise completes in the midst of what the loop does then. */
    private static void afterThisTurn(Channel channel) throws InterruptedException {
        channel.eventLoop().submit(() -> {}).sync();
    }

    private static void same(byte[] actual, byte[] expected) {
        assertThat(Arrays.mismatch(actual, expected)).isEqualTo(-1);
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
    void whatIsNotYetSentFailsWhenItIsClosed() throws Exception {
        try (Pair pair = Pair.connect(loopback)) {
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
        Pair pair = Pair.connect(loopback);
        pair.close();
        ByteBuf late = Unpooled.directBuffer().writeInt(1);
        assertThat(pair.channel().writeAndFlush(late).await().cause()).isInstanceOf(ClosedChannelException.class);
        assertThat(late.refCnt()).isZero();
        assertThat(pair.channel().close().await().isSuccess()).isTrue();
    }

    @Test
    void writingToAPeerThatIsGoneFailsAllWrites() throws Exception {
        try (Pair pair = Pair.connect(loopback, false, false)) {
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
        try (Pair pair = Pair.connect(loopback)) {
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
        try (Pair pair = Pair.connect(loopback)) {
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
        try (Pair pair = Pair.connect(loopback)) {
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
        try (Pair pair = Pair.connect(loopback)) {
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
        try (Pair pair = Pair.connect(loopback)) {
            ChannelFuture write = pair.channel().writeAndFlush("text").await();
            assertThat(write.cause())
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("expected: ByteBuf, DmaBufRegion");
        }
    }

    @Test
    void closingFromAWritesListenerIsTheUsualEnd() throws Exception {
        try (Pair pair = Pair.connect(loopback)) {
            byte[] all = "that is all".getBytes(StandardCharsets.US_ASCII);
            pair.channel().writeAndFlush(Unpooled.copiedBuffer(all)).addListener(ChannelFutureListener.CLOSE);
            same(pair.peer().getInputStream().readAllBytes(), all);
        }
    }

    @Test
    void aShutDownOutputTakesNoMore() throws Exception {
        try (Pair pair = Pair.connect(loopback)) {
            pair.channel().shutdownOutput().sync();
            assertThat(pair.channel().write(Unpooled.copyInt(1)).await().cause())
                    .isInstanceOfAny(ClosedChannelException.class, ChannelOutputShutdownException.class);
            pair.channel().shutdown().await(10, TimeUnit.SECONDS);
        }
    }
}
