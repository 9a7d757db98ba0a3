package dev.qlease.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;

/** Sends heap memory through Netty's epoll transport, as much at a time as the channel has room for. */
final class NettySender implements SendWindows.Sender {
    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final byte[] source = new byte[4 << 20];
    private final Channel channel;
    private final long thread;

    /** Used only by the event loop: the bytes left to write, and who waits for that. */
    private long left;

    private long written;
    private int chunk;
    private CompletableFuture<Void> done = new CompletableFuture<>();

    NettySender(InetSocketAddress peer) throws Exception {
        channel = new Bootstrap()
                .group(group)
                .channel(EpollSocketChannel.class)
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelWritabilityChanged(ChannelHandlerContext context) {
                        pump();
                    }
                })
                .connect(peer)
                .sync()
                .channel();
        thread = group.submit(() -> Thread.currentThread().threadId()).get();
    }

    @Override
    public void send(long bytes, int size) throws Exception {
        CompletableFuture<Void> all = new CompletableFuture<>();
        channel.eventLoop().execute(() -> {
            left = bytes;
            written = bytes;
            chunk = size;
            done = all;
            pump();
        });
        all.get();
    }

    private void pump() {
        while (left > 0 && channel.isWritable()) {
            left -= chunk;
            channel.writeAndFlush(Unpooled.wrappedBuffer(source, 0, chunk)).addListener(future -> {
                written -= chunk;
                if (!future.isSuccess()) {
                    done.completeExceptionally(future.cause());
                } else if (written <= 0) {
                    done.complete(null);
                }
            });
        }
    }

    @Override
    public long thread() {
        return thread;
    }

    @Override
    public void close() {
        channel.close().syncUninterruptibly();
        group.shutdownGracefully().syncUninterruptibly();
    }
}
