package dev.qlease.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.devmem.ReceivePeer;
import dev.qlease.devmem.ZeroCopy;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelProgressiveFuture;
import io.netty.channel.ChannelProgressiveFutureListener;
import io.netty.channel.ChannelProgressivePromise;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The end of a channel's output, to peers that read slowly, and through a send queue that holds a part of it. */
@Tag("host")
@Timeout(120)
@ExtendWith(Leaks.class)
class OutputEndHostTest {
    private static final int LENGTH = 300_000;

    private final byte[] bytes = ReceivePeer.bytes(LENGTH);
    private final AtomicInteger released = new AtomicInteger();
    private ZeroCopy zeroCopy;
    private EventLoopGroup group;
    private Recorder recorder;
    private DevmemSocketChannel channel;
    private SocketChannel peer;

    @BeforeEach
    void begin() throws Exception {
        zeroCopy = new ZeroCopy();
        zeroCopy.binding().write(0, MemorySegment.ofArray(bytes));
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        recorder = new Recorder();
        channel = (DevmemSocketChannel) new Bootstrap()
                .group(group)
                .channel(DevmemSocketChannel.class)
                .option(ChannelOption.SO_SNDBUF, 1 << 15)
                .handler(recorder)
                .connect(zeroCopy.address())
                .sync()
                .channel();
        peer = zeroCopy.accept();
        // Else the few bytes that it takes at a time would take minutes.
        peer.setOption(StandardSocketOptions.SO_RCVBUF, 1 << 15);
    }

    @AfterEach
    void end() throws Exception {
        peer.close();
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        zeroCopy.close();
    }

    private DmaBufRegion region(int offset, int length) {
        return new DmaBufRegion(zeroCopy.binding(), offset, length, released::incrementAndGet);
    }

    /** Reads until the end of the stream, with a pause after the first bytes. */
    private byte[] readSlowly() throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(10_000);
        Thread.sleep(200);
        while (peer.read(buffer) >= 0) {
            if (all.size() < 50_000) {
                Thread.sleep(5);
            }
            all.write(buffer.array(), 0, buffer.position());
            buffer.clear();
        }
        return all.toByteArray();
    }

    private void peerGets(byte[] expected) throws Exception {
        byte[] actual = readSlowly();
        assertThat(actual).hasSize(expected.length);
        assertThat(Arrays.mismatch(actual, expected)).isEqualTo(-1);
    }

    private static void succeeds(ChannelFuture future) throws InterruptedException {
        assertThat(future.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(future.cause()).isNull();
    }

    private static void fails(ChannelFuture future, Class<?>... causes) throws InterruptedException {
        assertThat(future.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(future.cause()).isInstanceOfAny(causes);
    }

    private static ByteBuf direct(byte[] from, int offset, int length) {
        return Unpooled.directBuffer(length).writeBytes(from, offset, length);
    }

    @Test
    void aRegionThatTheSendQueueDoesNotHoldArrivesBeforeTheEnd() throws Exception {
        ChannelFuture write = channel.writeAndFlush(region(0, LENGTH));
        ChannelFuture ended = channel.shutdownOutput();
        channel.eventLoop().submit(() -> {}).sync();
        assertThat(write.isDone()).isFalse();
        assertThat(ended.isDone()).isFalse();
        peerGets(bytes);
        succeeds(write);
        succeeds(ended);
        assertThat(released).hasValue(1);
        assertThat(channel.isOutputShutdown()).isTrue();
        // The event comes behind the promise.
        channel.eventLoop().submit(() -> {}).sync();
        assertThat(recorder.events).containsOnlyOnce(ChannelOutputShutdownEvent.INSTANCE);
        peer.write(ByteBuffer.wrap(new byte[] {3}));
        assertThat(recorder.await(1)).containsExactly(3);
    }

    @Test
    void soDoOrdinaryBytes() throws Exception {
        ChannelFuture write = channel.writeAndFlush(direct(bytes, 0, LENGTH));
        ChannelFuture ended = channel.shutdownOutput();
        peerGets(bytes);
        succeeds(write);
        succeeds(ended);
    }

    @Test
    void manyWritesOfBothKindsArriveBeforeTheEnd() throws Exception {
        List<ChannelFuture> writes = new ArrayList<>();
        int piece = 1500;
        for (int at = 0; at < LENGTH; at += piece) {
            writes.add(channel.write(at % 4000 == 0 ? direct(bytes, at, piece) : region(at, piece)));
        }
        channel.flush();
        ChannelFuture ended = channel.shutdownOutput();
        ChannelFuture again = channel.shutdownOutput();
        peerGets(bytes);
        for (ChannelFuture write : writes) {
            succeeds(write);
        }
        succeeds(ended);
        succeeds(again);
    }

    @Test
    void whatIsNotFlushedBeforeFailsAlsoIfItIsFlushedLater() throws Exception {
        channel.writeAndFlush(region(0, LENGTH));
        ChannelFuture unflushed = channel.write(region(0, 100));
        ChannelFuture ended = channel.shutdownOutput();
        ByteBuf late = Unpooled.directBuffer().writeInt(1);
        ChannelFuture lateWrite = channel.writeAndFlush(late);
        peerGets(bytes);
        succeeds(ended);
        fails(unflushed, ChannelOutputShutdownException.class);
        fails(lateWrite, ChannelOutputShutdownException.class);
        assertThat(late.refCnt()).isZero();
        assertThat(released).hasValue(2);
    }

    @Test
    void theListenerOfAWriteEndsTheOutputBehindTheOthers() throws Exception {
        CompletableFuture<ChannelFuture> ended = new CompletableFuture<>();
        ChannelProgressivePromise first = channel.newProgressivePromise();
        first.addListener(new ChannelProgressiveFutureListener() {
            @Override
            public void operationProgressed(ChannelProgressiveFuture future, long progress, long total) {
                channel.writeAndFlush(direct(bytes, LENGTH - 10, 10));
                ended.complete(channel.shutdownOutput());
            }

            @Override
            public void operationComplete(ChannelProgressiveFuture future) {
                channel.flush();
            }
        });
        channel.write(region(0, 1000), first);
        ChannelFuture second = channel.write(region(1000, 200_000));
        ChannelFuture third = channel.writeAndFlush(direct(bytes, 201_000, LENGTH - 10 - 201_000));
        peerGets(bytes);
        succeeds(ended.get(10, TimeUnit.SECONDS));
        succeeds(first);
        succeeds(second);
        succeeds(third);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 20})
    void closingDeliversWhatTheKernelHas(int linger) throws Exception {
        channel.config().setSoLinger(linger);
        ChannelFuture behind = channel.write(region(0, 20_000));
        channel.writeAndFlush(direct(bytes, 20_000, 2000)).addListener(ChannelFutureListener.CLOSE);
        peerGets(Arrays.copyOf(bytes, 22_000));
        succeeds(behind);
        succeeds(channel.closeFuture());
        assertThat(released).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closingAtOnceDeliversWhatTheKernelHas(boolean regions) throws Exception {
        ChannelFuture write = channel.writeAndFlush(regions ? region(0, 20_000) : direct(bytes, 0, 20_000));
        channel.eventLoop().submit(() -> {}).sync();
        ChannelFuture closing = channel.close();
        peerGets(Arrays.copyOf(bytes, 20_000));
        succeeds(write);
        succeeds(closing);
    }

    @Test
    void theEndOfTheLoopDeliversWhatTheKernelHas() throws Exception {
        channel.writeAndFlush(region(0, 20_000));
        channel.eventLoop().submit(() -> {}).sync();
        assertThat(released).hasValue(0);
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
        peerGets(Arrays.copyOf(bytes, 20_000));
        for (int i = 0; i < 500 && released.get() == 0; i++) {
            Thread.sleep(10);
        }
        assertThat(released).hasValue(1);
    }

    @Test
    void closingFailsAnEndThatHasNotArrived() throws Exception {
        channel.config().setCompletionTimeoutMillis(100);
        ChannelFuture write = channel.writeAndFlush(region(0, LENGTH));
        ChannelFuture ended = channel.shutdownOutput();
        channel.close().sync();
        fails(write, ClosedChannelException.class);
        fails(ended, ClosedChannelException.class);
    }

    @Test
    void theResetOfThePeerFailsTheEnd() throws Exception {
        ChannelFuture write = channel.writeAndFlush(region(0, LENGTH));
        ChannelFuture ended = channel.shutdownOutput();
        channel.eventLoop().submit(() -> {}).sync();
        peer.setOption(StandardSocketOptions.SO_LINGER, 0);
        peer.close();
        fails(write, IOException.class);
        fails(ended, IOException.class);
        succeeds(channel.closeFuture());
    }
}
