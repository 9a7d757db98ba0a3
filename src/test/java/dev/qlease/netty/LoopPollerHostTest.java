package dev.qlease.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The one descriptor by which a loop hears of its channels: there while it has some. */
@Tag("host")
@Timeout(60)
@ExtendWith(Leaks.class)
class LoopPollerHostTest {
    private final Loopback loopback = Loopback.create();

    @AfterEach
    void close() {
        loopback.close();
    }

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }
    }

    private static long pollers() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(LoopPollerHostTest::isPoller).count();
        }
    }

    private static boolean isPoller(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().equals("anon_inode:[eventpoll]");
        } catch (IOException e) {
            // The listing's own, closed meanwhile.
            return false;
        }
    }

    private void afterThisTurn() throws Exception {
        loopback.group().submit(() -> {}).get(10, TimeUnit.SECONDS);
    }

    @Test
    void allChannelsOfALoopShareOneThatGoesWithTheLast() throws Exception {
        long before = pollers();
        try (ServerSocket peer = loopback.listen()) {
            InetSocketAddress to = (InetSocketAddress) peer.getLocalSocketAddress();
            for (int round = 0; round < 3; round++) {
                Channel first = loopback.client(new Echo()).connect(to).sync().channel();
                Channel second = loopback.client(new Echo()).connect(to).sync().channel();
                assertThat(pollers()).isEqualTo(before + 1);
                first.close().sync();
                afterThisTurn();
                assertThat(pollers()).isEqualTo(before + 1);
                second.close().sync();
                afterThisTurn();
                assertThat(pollers()).isEqualTo(before);
            }
        }
    }

    @Test
    void aChannelCanMoveToAnotherLoop() throws Exception {
        EventLoopGroup other = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (ServerSocket server = loopback.listen()) {
            Channel channel = loopback.client(new Echo())
                    .connect(server.getLocalSocketAddress())
                    .sync()
                    .channel();
            try (Socket peer = server.accept()) {
                channel.deregister().sync();
                peer.getOutputStream().write(1);
                other.register(channel).sync();
                assertThat(peer.getInputStream().read()).isEqualTo(1);
                peer.getOutputStream().write(2);
                assertThat(peer.getInputStream().read()).isEqualTo(2);
                assertThat(channel.eventLoop().parent()).isSameAs(other);
            }
            channel.closeFuture().sync();
        } finally {
            other.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
        }
    }

    /** A loop that is told to end while it works at a task does not tell its handles. */
    @Test
    void itGoesWithALoopThatSaysNothing() throws Exception {
        long before = pollers();
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        DevmemSocketChannel channel = new DevmemSocketChannel(loopback.namespace());
        try {
            group.register(channel).sync();
            assertThat(pollers()).isEqualTo(before + 2);
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch told = new CountDownLatch(1);
            group.execute(() -> {
                begun.countDown();
                try {
                    told.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            begun.await();
            Future<?> end = group.shutdownGracefully(0, 10, TimeUnit.SECONDS);
            told.countDown();
            end.sync();
            assertThat(pollers()).isEqualTo(before);
        } finally {
            channel.socket().close();
        }
    }
}
