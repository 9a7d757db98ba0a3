package dev.qlease.netty;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ResourceLeakDetector;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What requests to a warm channel leave to the garbage collector. Leaks are not looked for meanwhile: that allocates.
 */
@Tag("host")
@Timeout(60)
@ExtendWith(Leaks.class)
class DevmemAllocationHostTest {
    private static final int REQUEST = 16;
    private static final int ANSWER = 64;
    private static final int REQUESTS = 2_000;
    private static final int ROUNDS = 60;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static ResourceLeakDetector.Level before;
    private static Loopback loopback;

    @BeforeAll
    static void begin() {
        before = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        loopback = Loopback.create();
    }

    @AfterAll
    static void end() {
        loopback.close();
        ResourceLeakDetector.setLevel(before);
    }

    private static final class Answering extends ChannelInboundHandlerAdapter {
        private int asked;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            asked += bytes.readableBytes();
            bytes.release();
            for (; asked >= REQUEST; asked -= REQUEST) {
                context.write(context.alloc().directBuffer(ANSWER).writeZero(ANSWER), context.voidPromise());
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }
    }

    /** Once Java has compiled what is done over and over, which no number of requests is sure to have it do. */
    @Test
    void aRequestLeavesNothing() throws Exception {
        long loop =
                loopback.group().submit(() -> Thread.currentThread().threadId()).get(10, TimeUnit.SECONDS);
        Channel server =
                loopback.server(Answering::new).bind("127.0.0.1", 0).sync().channel();
        try (Socket peer = loopback.connect((InetSocketAddress) server.localAddress())) {
            peer.setTcpNoDelay(true);
            long least = Long.MAX_VALUE;
            for (int i = 0; i < ROUNDS && least >= REQUESTS; i++) {
                least = Math.min(least, allocatedBy(loop, peer));
            }
            assertThat(least)
                    .as("bytes allocated for " + REQUESTS + " requests")
                    .isLessThan(REQUESTS);
        } finally {
            server.close().sync();
        }
    }

    private static long allocatedBy(long thread, Socket peer) throws Exception {
        byte[] request = new byte[REQUEST];
        long before = THREADS.getThreadAllocatedBytes(thread);
        for (int i = 0; i < REQUESTS; i++) {
            peer.getOutputStream().write(request);
            assertThat(peer.getInputStream().readNBytes(ANSWER)).hasSize(ANSWER);
        }
        return THREADS.getThreadAllocatedBytes(thread) - before;
    }
}
