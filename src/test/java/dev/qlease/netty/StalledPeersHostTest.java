package dev.qlease.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.devmem.ZeroCopy;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Peers that never read, by the hundred: their regions are released when the kernel has completed them, and no
 * sooner.
 */
@Tag("host")
@Timeout(120)
@ExtendWith(Leaks.class)
class StalledPeersHostTest {
    private static final int PEERS = 300;
    private static final int LENGTH = 1 << 20;

    private final AtomicInteger released = new AtomicInteger();
    private final ConcurrentLinkedQueue<Throwable> tooSoon = new ConcurrentLinkedQueue<>();
    private final List<SocketChannel> peers = new ArrayList<>();
    private ZeroCopy zeroCopy;
    private EventLoopGroup group;

    @BeforeEach
    void begin() throws Exception {
        zeroCopy = new ZeroCopy();
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    }

    @AfterEach
    void end() throws Exception {
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        for (SocketChannel peer : peers) {
            peer.close();
        }
        zeroCopy.close();
    }

    private Channel connect(int linger) throws Exception {
        Channel channel = new Bootstrap()
                .group(group)
                .channel(DevmemSocketChannel.class)
                .option(DevmemChannelOption.COMPLETION_TIMEOUT_MILLIS, 50)
                .option(ChannelOption.SO_LINGER, linger)
                .handler(new Recorder())
                .connect(zeroCopy.address())
                .sync()
                .channel();
        peers.add(zeroCopy.accept());
        return channel;
    }

    /** Its callback writes to its bytes, which are in flight if it is called too soon. */
    private DmaBufRegion region(long offset) {
        return new DmaBufRegion(zeroCopy.binding(), offset, LENGTH, () -> {
            released.incrementAndGet();
            try {
                zeroCopy.binding().write(offset, MemorySegment.ofArray(new byte[16]));
            } catch (IllegalStateException e) {
                tooSoon.add(e);
            }
        });
    }

    private void awaitReleased(int count) throws InterruptedException {
        for (int i = 0; i < 1000 && released.get() < count; i++) {
            Thread.sleep(10);
        }
        assertThat(released).hasValue(count);
        assertThat(tooSoon).isEmpty();
    }

    @Test
    void theirRegionsAreReleasedByTheKernel() throws Exception {
        int before = ZeroCopy.descriptors();
        for (int i = 0; i < PEERS; i++) {
            Channel channel = connect(i % 3 == 0 ? 0 : -1);
            // Its own bytes for as long as it has them.
            ChannelFuture write = channel.writeAndFlush(region((long) (i % 16) << 20));
            channel.eventLoop().submit(() -> {}).sync();
            assertThat(write.isDone()).isFalse();
            channel.close().sync();
            assertThat(write.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(write.cause()).isInstanceOf(ClosedChannelException.class);
            awaitReleased(i + 1);
            peers.removeLast().close();
        }
        for (int i = 0; i < 500 && ZeroCopy.descriptors() > before; i++) {
            Thread.sleep(10);
        }
        // An event loop's poller stays open until its last channel has left.
        assertThat(ZeroCopy.descriptors()).isLessThanOrEqualTo(before + 2);
        assertThat(zeroCopy.binding().close(java.time.Duration.ZERO)).isZero();
    }

    @Test
    void oneThatIsWaitedForTakesNoTime() throws Exception {
        Channel channel = connect(-1);
        ChannelFuture write = channel.writeAndFlush(region(0));
        Thread.sleep(200);
        long before = cpuTime();
        Thread.sleep(1000);
        assertThat(cpuTime() - before).isLessThan(TimeUnit.MILLISECONDS.toNanos(200));
        assertThat(write.isDone()).isFalse();
        channel.close().sync();
        awaitReleased(1);
    }

    private long cpuTime() throws Exception {
        return group.submit(() -> ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime())
                .get(20, TimeUnit.SECONDS);
    }

    @Test
    void resettingPeersReleaseTheirsToo() throws Exception {
        for (int i = 0; i < 50; i++) {
            Channel channel = connect(-1);
            ChannelFuture write = channel.writeAndFlush(region((long) (i % 16) << 20));
            channel.eventLoop().submit(() -> {}).sync();
            SocketChannel peer = peers.removeLast();
            peer.setOption(StandardSocketOptions.SO_LINGER, 0);
            peer.close();
            assertThat(write.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(write.isSuccess()).isFalse();
            assertThat(channel.closeFuture().await(10, TimeUnit.SECONDS)).isTrue();
            awaitReleased(i + 1);
        }
    }

    @Test
    void aLoopThatEndsReleasesThemAsWell() throws Exception {
        List<Channel> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            Channel channel = connect(-1);
            all.add(channel);
            channel.writeAndFlush(region((long) i << 20));
            channel.eventLoop().submit(() -> {}).sync();
        }
        assertThat(released).hasValue(0);
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
        assertThat(all).noneMatch(Channel::isOpen);
        awaitReleased(16);
    }
}
