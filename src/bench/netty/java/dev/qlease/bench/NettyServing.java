package dev.qlease.bench;

import com.sun.management.ThreadMXBean;
import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netty.DevmemServerSocketChannel;
import dev.qlease.netty.DmaBufRegion;
import dev.qlease.rtnetlink.Rtnetlink;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.util.ReferenceCounted;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * Answers requests through Netty with a header and a body: from a dma-buf, or from a prepared pooled direct buffer,
 * which only the kernel copies.
 *
 * <p>{@code devmem|epoll|io_uring DEVICE ADDRESS LOAD BYTES WARMUPS WINDOWS}: for bodies of 64 KiB and 1 MiB, and 1 and
 * 200 connections of the program LOAD in the namespace "remote", runs WINDOWS of BYTES, or of one response per
 * connection, after WARMUPS windows and, if that is not 0, small bodies. Prints a line for each window: body,
 * connections, requests, nanoseconds, nanoseconds of this process's processor time, bytes that the event loop
 * allocated.
 */
public final class NettyServing {
    private static final int REQUEST = 16;
    private static final int HEADER = 64;
    private static final int[] BODIES = {64 << 10, 1 << 20};
    private static final int[] CONNECTIONS = {1, 200};

    /** Requests with small bodies that let Java compile the code for requests before the windows. */
    private static final int WARMING = 60_000;

    private static final int WARMING_BODY = 4096;

    private static final WriteBufferWaterMark MARKS = new WriteBufferWaterMark(8 << 20, 16 << 20);

    private NettyServing() {}

    /**
     * Runs the benchmark.
     *
     * @param args as described above
     */
    public static void main(String[] args) throws Exception {
        String transport = args[0];
        long bytes = Long.parseLong(args[4]);
        int warmups = Integer.parseInt(args[5]);
        int windows = Integer.parseInt(args[6]);
        try (DmaBuf dmaBuf = Udmabuf.pages().allocate(BODIES[1]);
                TxBinding binding = bind(args[1], dmaBuf)) {
            EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, handlers(transport));
            long thread = group.submit(() -> Thread.currentThread().threadId()).get();
            if (warmups > 0) {
                ReferenceCounted content = content(transport, binding, WARMING_BODY);
                Channel server = serve(group, transport, args[2], content);
                for (int connections : CONNECTIONS) {
                    measure(server, args[3], WARMING_BODY, connections, WARMING / CONNECTIONS.length, thread);
                }
                server.close().sync();
                content.release();
            }
            for (int body : BODIES) {
                ReferenceCounted content = content(transport, binding, body);
                Channel server = serve(group, transport, args[2], content);
                for (int connections : CONNECTIONS) {
                    long requests = Math.max(connections, bytes / body);
                    for (int i = -warmups; i < windows; i++) {
                        String figures = measure(server, args[3], body, connections, requests, thread);
                        if (i >= 0) {
                            System.out.println(figures);
                        }
                    }
                }
                server.close().sync();
                content.release();
            }
            group.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
        }
    }

    private static ReferenceCounted content(String transport, TxBinding binding, int body) {
        return transport.equals("devmem")
                ? new DmaBufRegion(binding, 0, body)
                : PooledByteBufAllocator.DEFAULT.directBuffer(body).writeZero(body);
    }

    private static TxBinding bind(String device, DmaBuf dmaBuf) {
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            return TxBinding.bind(
                    NetworkNamespace.ofCaller(), rtnetlink.links().get(device).ifindex(), dmaBuf);
        }
    }

    private static IoHandlerFactory handlers(String transport) {
        return transport.equals("io_uring") ? IoUringIoHandler.newFactory() : EpollIoHandler.newFactory();
    }

    private static Class<? extends ServerChannel> channels(String transport) {
        return switch (transport) {
            case "devmem" -> DevmemServerSocketChannel.class;
            case "epoll" -> EpollServerSocketChannel.class;
            case "io_uring" -> IoUringServerSocketChannel.class;
            default -> throw new IllegalArgumentException("devmem, epoll or io_uring, not " + transport);
        };
    }

    private static Channel serve(EventLoopGroup group, String transport, String address, ReferenceCounted content)
            throws InterruptedException {
        return new ServerBootstrap()
                .group(group)
                .channel(channels(transport))
                .option(ChannelOption.SO_BACKLOG, 1024)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, MARKS)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Answering(content));
                    }
                })
                .bind(new InetSocketAddress(InetAddress.ofLiteral(address), 0))
                .sync()
                .channel();
    }

    private static final class Answering extends ChannelInboundHandlerAdapter {
        private final ReferenceCounted content;
        private int asked;

        Answering(ReferenceCounted content) {
            this.content = content;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            asked += bytes.readableBytes();
            bytes.release();
            for (; asked >= REQUEST; asked -= REQUEST) {
                context.write(context.alloc().directBuffer(HEADER).writeZero(HEADER), context.voidPromise());
                Object body = content instanceof ByteBuf buffer ? buffer.retainedDuplicate() : content.retain();
                context.write(body, context.voidPromise());
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // The load has closed its connections when the loop ends; it reports those that end early.
            if (!(cause instanceof ClosedChannelException)) {
                cause.printStackTrace();
                System.exit(1);
            }
        }
    }

    private static String measure(Channel server, String load, int body, int connections, long requests, long thread)
            throws Exception {
        InetSocketAddress at = (InetSocketAddress) server.localAddress();
        Process process = new ProcessBuilder(
                        "ip",
                        "netns",
                        "exec",
                        "remote",
                        load,
                        at.getAddress().getHostAddress(),
                        Integer.toString(at.getPort()),
                        Integer.toString(HEADER + body),
                        Integer.toString(connections),
                        Long.toString(requests))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (BufferedReader said =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
                Writer told = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.US_ASCII)) {
            expect(said, "ready");
            Meter.awaitCompiler();
            long cpu = Meter.processorTime();
            long allocated = threads.getThreadAllocatedBytes(thread);
            told.write("go\n");
            told.flush();
            String wall = said.readLine();
            allocated = threads.getThreadAllocatedBytes(thread) - allocated;
            cpu = Meter.processorTime() - cpu;
            if (wall == null || process.waitFor() != 0) {
                throw new IOException("the load ended early");
            }
            return body + " " + connections + " " + requests + " " + wall + " " + cpu + " " + allocated;
        }
    }

    private static void expect(BufferedReader from, String line) throws IOException {
        String said = from.readLine();
        if (!line.equals(said)) {
            throw new IOException("the load said " + said + " and not " + line);
        }
    }
}
