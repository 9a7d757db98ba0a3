package dev.qlease.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.devmem.Nic;
import dev.qlease.devmem.Receiver;
import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.Rtnetlink;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.ChannelOutputShutdownException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Channels that send device memory from the emulated NIC's port qnic0 to ordinary sockets behind the other port. */
@Tag("vm")
@Timeout(120)
@ExtendWith(Leaks.class)
class DevmemSocketChannelVmTest {
    private static final int SIZE = 8 << 20;

    private static NetworkNamespace remote;
    private static EventLoopGroup group;
    private static DmaBuf dmaBuf;
    private static TxBinding binding;
    private static byte[] bytes;

    private final AtomicInteger released = new AtomicInteger();

    @BeforeAll
    static void begin() {
        remote = NetworkNamespace.named("remote");
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        dmaBuf = Udmabuf.pages().allocate(SIZE);
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            binding = TxBinding.bind(
                    NetworkNamespace.ofCaller(), rtnetlink.links().get("qnic0").ifindex(), dmaBuf);
        }
        bytes = new byte[SIZE];
        new Random(5).nextBytes(bytes);
        binding.write(0, MemorySegment.ofArray(bytes));
    }

    @AfterAll
    static void end() {
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        binding.close();
        dmaBuf.close();
        remote.close();
    }

    @AfterEach
    void calm() {
        Nic.calm();
    }

    private DmaBufRegion region(long offset, long length) {
        return new DmaBufRegion(binding, offset, length, released::incrementAndGet);
    }

    /** A channel and the ordinary socket at its other end, which has room for little that it has not read. */
    private record Pair(DevmemSocketChannel channel, Socket peer, Recorder recorder) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            peer.close();
            channel.close().syncUninterruptibly();
        }
    }

    private static Pair connect() throws Exception {
        ServerSocket server = remote.run(() -> {
            try {
                ServerSocket opened = new ServerSocket();
                opened.setReceiveBufferSize(1 << 16);
                opened.bind(new java.net.InetSocketAddress(InetAddress.ofLiteral(Receiver.ADDRESS6), 0));
                return opened;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        try (server) {
            Recorder recorder = new Recorder();
            DevmemSocketChannel channel = (DevmemSocketChannel) new Bootstrap()
                    .group(group)
                    .channel(DevmemSocketChannel.class)
                    .option(DevmemChannelOption.SO_BINDTODEVICE, "qnic0")
                    .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(1 << 20, 2 << 20))
                    .handler(recorder)
                    .connect(server.getLocalSocketAddress())
                    .sync()
                    .channel();
            return new Pair(channel, server.accept(), recorder);
        }
    }

    private static long cpuTime() throws Exception {
        return group.submit(() -> ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime())
                .get(20, TimeUnit.SECONDS);
    }

    private static void await(ChannelFuture future) throws Exception {
        assertThat(future.await(60, TimeUnit.SECONDS)).isTrue();
    }

    private static void same(byte[] actual, byte[] expected) {
        assertThat(Arrays.mismatch(actual, expected)).isEqualTo(-1);
    }

    @Test
    void buffersAndRegionsArriveInTheOrderWritten() throws Exception {
        try (Pair pair = connect()) {
            Random random = new Random(9);
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            List<ChannelFuture> writes = new ArrayList<>();
            int regions = 0;
            for (int i = 0; i < 300; i++) {
                int length = 1 + random.nextInt(random.nextInt(8) == 0 ? 60_000 : 3000);
                int offset = random.nextInt(SIZE - length);
                if (random.nextInt(3) == 0) {
                    writes.add(pair.channel().write(Unpooled.wrappedBuffer(bytes, offset, length)));
                } else {
                    regions++;
                    writes.add(pair.channel().write(region(offset, length)));
                }
                expected.write(bytes, offset, length);
                if (random.nextInt(4) == 0) {
                    pair.channel().flush();
                }
            }
            pair.channel().flush();
            same(pair.peer().getInputStream().readNBytes(expected.size()), expected.toByteArray());
            await(writes.getLast());
            assertThat(writes).allSatisfy(write -> assertThat(write.isSuccess()).isTrue());
            assertThat(released).hasValue(regions);
            // Nothing of it is in flight.
            binding.write(0, MemorySegment.ofArray(bytes));
        }
    }

    @Test
    void aRegionIsHeldUntilThePeerHasItAndThatTakesNoTime() throws Exception {
        try (Pair pair = connect()) {
            DmaBufRegion region = region(0, SIZE / 2);
            ChannelFuture write = pair.channel().writeAndFlush(region);
            ChannelFuture behind = pair.channel().writeAndFlush(Unpooled.copyInt(7));
            Thread.sleep(1000);
            assertThat(write.isDone()).isFalse();
            assertThat(behind.isDone()).isFalse();
            assertThat(region.refCnt()).isEqualTo(1);
            assertThat(pair.channel().isWritable()).isFalse();
            assertThatThrownBy(() -> binding.write(0, MemorySegment.ofArray(bytes)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("in flight");
            long before = cpuTime();
            Thread.sleep(2000);
            assertThat(cpuTime() - before).isLessThan(TimeUnit.MILLISECONDS.toNanos(150));
            same(pair.peer().getInputStream().readNBytes(SIZE / 2), Arrays.copyOf(bytes, SIZE / 2));
            await(behind);
            assertThat(write.isSuccess()).isTrue();
            assertThat(region.refCnt()).isZero();
            assertThat(released).hasValue(1);
            // A promise completes in the midst of what the loop does then.
            pair.channel().eventLoop().submit(() -> {}).sync();
            assertThat(pair.channel().isWritable()).isTrue();
        }
    }

    @Test
    void whatTheNicHasNotCompletedIsNotReleased() throws Exception {
        try (Pair pair = connect()) {
            Nic.set("complete_delay_us", 500_000);
            long start = System.nanoTime();
            ChannelFuture write = pair.channel().writeAndFlush(region(0, 10_000));
            same(pair.peer().getInputStream().readNBytes(10_000), Arrays.copyOf(bytes, 10_000));
            await(write);
            assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(400));
            assertThat(released).hasValue(1);
        }
    }

    @Test
    void closingDeliversWhatWasSentFirst() throws Exception {
        try (Pair pair = connect()) {
            ChannelFuture write = pair.channel().writeAndFlush(region(0, 100_000));
            pair.channel().eventLoop().submit(() -> {}).sync();
            ChannelFuture closing = pair.channel().close();
            same(pair.peer().getInputStream().readAllBytes(), Arrays.copyOf(bytes, 100_000));
            await(closing);
            assertThat(write.isSuccess()).isTrue();
            assertThat(released).hasValue(1);
            assertThat(pair.recorder().inactive.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void closingDoesNotWaitForAPeerThatNeverReads() throws Exception {
        try (Pair pair = connect()) {
            pair.channel().config().setCompletionTimeoutMillis(700);
            ChannelFuture sent = pair.channel().write(region(0, SIZE));
            ChannelFuture unsent = pair.channel().writeAndFlush(Unpooled.copyInt(1));
            pair.channel().eventLoop().submit(() -> {}).sync();
            long start = System.nanoTime();
            ChannelFuture closing = pair.channel().close();
            cpuTime();
            await(closing);
            assertThat(System.nanoTime() - start)
                    .isBetween(TimeUnit.MILLISECONDS.toNanos(600), TimeUnit.SECONDS.toNanos(20));
            await(unsent);
            assertThat(sent.cause()).isInstanceOf(ClosedChannelException.class);
            assertThat(unsent.cause()).isInstanceOf(ClosedChannelException.class);
            assertThat(released).hasValue(1);
            // The bytes may be changed now, so that the peer must not get them.
            assertThatThrownBy(() -> pair.peer().getInputStream().readNBytes(SIZE))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("reset");
        }
    }

    @Test
    void thePeersResetFailsWhatIsInFlightOnce() throws Exception {
        try (Pair pair = connect()) {
            ChannelFuture write = pair.channel().writeAndFlush(region(0, SIZE));
            Thread.sleep(300);
            assertThat(write.isDone()).isFalse();
            pair.peer().setSoLinger(true, 0);
            pair.peer().close();
            await(write);
            assertThat(write.cause()).isInstanceOf(IOException.class);
            assertThat(pair.channel().closeFuture().await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(released).hasValue(1);
        }
    }

    @Test
    void theOutputIsShutDownOnceAllHasArrived() throws Exception {
        try (Pair pair = connect()) {
            ChannelFuture write = pair.channel().writeAndFlush(region(0, 150_000));
            ChannelFuture ended = pair.channel().shutdownOutput();
            ByteBuf late = Unpooled.directBuffer().writeInt(1);
            ChannelFuture lateWrite = pair.channel().writeAndFlush(late);
            same(pair.peer().getInputStream().readAllBytes(), Arrays.copyOf(bytes, 150_000));
            await(ended);
            assertThat(write.isSuccess()).isTrue();
            assertThat(released).hasValue(1);
            await(lateWrite);
            assertThat(lateWrite.cause())
                    .isInstanceOfAny(ChannelOutputShutdownException.class, ClosedChannelException.class);
            assertThat(late.refCnt()).isZero();
            pair.peer().getOutputStream().write(3);
            assertThat(pair.recorder().await(1)).containsExactly(3);
        }
    }

    @Test
    void closingFromTheListenerOfAWriteBehindARegionLosesNothing() throws Exception {
        try (Pair pair = connect()) {
            pair.channel().write(region(5, 300_000));
            pair.channel().writeAndFlush(Unpooled.copyInt(9)).addListener(ChannelFutureListener.CLOSE);
            byte[] all = pair.peer().getInputStream().readAllBytes();
            assertThat(all).hasSize(300_004).endsWith(0, 0, 0, 9);
            same(Arrays.copyOf(all, 300_000), Arrays.copyOfRange(bytes, 5, 300_005));
            assertThat(released).hasValue(1);
        }
    }

    @Test
    void moreRegionsThanCanBeInFlightAllArrive() throws Exception {
        int count = 2000;
        int length = 700;
        try (Pair pair = connect()) {
            Nic.set("complete_delay_us", 20_000);
            List<ChannelFuture> writes = new ArrayList<>();
            byte[] expected = new byte[count * length];
            for (int i = 0; i < count; i++) {
                writes.add(pair.channel().writeAndFlush(region(i * 1000L, length)));
                System.arraycopy(bytes, i * 1000, expected, i * length, length);
            }
            same(pair.peer().getInputStream().readNBytes(expected.length), expected);
            await(writes.getLast());
            assertThat(writes).allSatisfy(write -> assertThat(write.isSuccess()).isTrue());
            assertThat(released).hasValue(count);
        }
    }

    @Test
    void regionsOfSeveralBindingsGoOverOneChannel() throws Exception {
        try (Rtnetlink rtnetlink = Rtnetlink.open();
                DmaBuf other = Udmabuf.pages().allocate(1 << 16);
                TxBinding second = TxBinding.bind(
                        NetworkNamespace.ofCaller(),
                        rtnetlink.links().get("qnic0").ifindex(),
                        other);
                Pair pair = connect()) {
            byte[] ones = new byte[1 << 16];
            Arrays.fill(ones, (byte) 1);
            second.write(0, MemorySegment.ofArray(ones));
            pair.channel().write(region(0, 5000));
            pair.channel().write(new DmaBufRegion(second, 0, 5000));
            ChannelFuture last = pair.channel().writeAndFlush(region(5000, 5000));
            byte[] all = pair.peer().getInputStream().readNBytes(15_000);
            same(Arrays.copyOf(all, 5000), Arrays.copyOf(bytes, 5000));
            same(Arrays.copyOfRange(all, 5000, 10_000), Arrays.copyOf(ones, 5000));
            same(Arrays.copyOfRange(all, 10_000, 15_000), Arrays.copyOfRange(bytes, 5000, 10_000));
            await(last);
        }
    }

    @Test
    void aRouteByAnotherDeviceFailsTheWriteAndClosesTheChannel() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Recorder recorder = new Recorder();
            DevmemSocketChannel channel = (DevmemSocketChannel) new Bootstrap()
                    .group(group)
                    .channel(DevmemSocketChannel.class)
                    .handler(recorder)
                    .connect(server.getLocalSocketAddress())
                    .sync()
                    .channel();
            ChannelFuture write = channel.writeAndFlush(region(0, 100));
            await(write);
            assertThat(write.cause()).isInstanceOf(IOException.class).hasMessageContaining("ENODEV");
            await(channel.closeFuture());
            assertThat(released).hasValue(1);
        }
    }
}
