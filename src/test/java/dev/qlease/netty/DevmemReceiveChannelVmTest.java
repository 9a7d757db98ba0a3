package dev.qlease.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.devmem.ReceiveNic;
import dev.qlease.devmem.ReceivePeer;
import dev.qlease.devmem.RxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.Rtnetlink;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
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

/** Channels that receive into a dma-buf what an ordinary sender sends to port qnic0 of the emulated NIC. */
@Tag("vm")
@Timeout(120)
@ExtendWith(Leaks.class)
class DevmemReceiveChannelVmTest {
    private static NetworkNamespace remote;
    private static ReceiveNic nic;
    private static DmaBuf dmaBuf;
    private static RxBinding binding;
    private static EventLoopGroup group;

    @BeforeAll
    static void begin() throws IOException {
        remote = NetworkNamespace.named("remote");
        nic = ReceiveNic.prepare();
        dmaBuf = Udmabuf.pages().allocate(8 << 20);
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            binding = RxBinding.bind(
                    NetworkNamespace.ofCaller(),
                    rtnetlink.links().get("qnic0").ifindex(),
                    dmaBuf,
                    List.of(ReceiveNic.QUEUE));
        }
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    }

    @AfterAll
    static void end() throws IOException {
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        binding.close();
        dmaBuf.close();
        nic.close();
        remote.close();
    }

    /** Copies what comes, and keeps fragments if it is told to. */
    private static final class Copier extends ChannelInboundHandlerAdapter {
        private final ByteBuf all = Unpooled.buffer();
        private final List<DmaBufFragment> kept = new ArrayList<>();
        private final CompletableFuture<DevmemSocketChannel> active = new CompletableFuture<>();
        private final CompletableFuture<Void> ended = new CompletableFuture<>();
        private boolean keep;
        private int fragments;
        private long linear;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            active.complete((DevmemSocketChannel) context.channel());
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof DmaBufFragment fragment) {
                fragments++;
                if (keep) {
                    kept.add(fragment);
                } else {
                    fragment.copyTo(all, binding);
                    fragment.release();
                }
            } else {
                ByteBuf bytes = (ByteBuf) message;
                linear += bytes.readableBytes();
                all.writeBytes(bytes);
                bytes.release();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            ended.complete(null);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            ended.completeExceptionally(cause);
        }
    }

    private record Pair(Channel server, DevmemSocketChannel channel, SocketChannel peer, Copier copier)
            implements AutoCloseable {
        @Override
        public void close() throws IOException {
            peer.close();
            channel.close().syncUninterruptibly();
            server.close().syncUninterruptibly();
        }
    }

    private static Pair accept(boolean autoRead, boolean keep) throws Exception {
        Copier copier = new Copier();
        copier.keep = keep;
        Channel server = new ServerBootstrap()
                .group(group)
                .channel(DevmemServerSocketChannel.class)
                .option(DevmemChannelOption.SO_BINDTODEVICE, "qnic0")
                .childOption(ChannelOption.AUTO_READ, autoRead)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(copier);
                    }
                })
                .bind(new InetSocketAddress(InetAddress.ofLiteral("2001:db8:1::1"), 0))
                .sync()
                .channel();
        nic.steer((InetSocketAddress) server.localAddress(), ReceiveNic.QUEUE);
        SocketChannel peer = ReceivePeer.connect(remote, (InetSocketAddress) server.localAddress());
        return new Pair(server, copier.active.get(20, TimeUnit.SECONDS), peer, copier);
    }

    private static void awaitReturned(DevmemSocketChannel channel) throws Exception {
        for (int i = 0; i < 200 && channel.socket().unreleased() > 0; i++) {
            Thread.sleep(50);
        }
        assertThat(channel.socket().unreleased()).isZero();
    }

    private static void same(byte[] actual, byte[] expected) {
        assertThat(Arrays.mismatch(actual, expected)).isEqualTo(-1);
    }

    @Test
    void fragmentsComeInOrderAndGoBack() throws Exception {
        byte[] bytes = ReceivePeer.bytes(3_000_000);
        try (Pair pair = accept(true, false)) {
            ReceivePeer.send(pair.peer(), bytes, 50_000).get(60, TimeUnit.SECONDS);
            pair.copier().ended.get(60, TimeUnit.SECONDS);
            same(Arrays.copyOf(pair.copier().all.array(), bytes.length), bytes);
            assertThat(pair.copier().all.readableBytes()).isEqualTo(bytes.length);
            assertThat(pair.copier().fragments).isGreaterThan(500);
            assertThat(pair.copier().linear).isZero();
            assertThat(pair.channel().socket().unreleased()).isZero();
        }
    }

    @Test
    void whoDoesNotReadGetsNothingAndHoldsUpThePeer() throws Exception {
        byte[] bytes = ReceivePeer.bytes(4_000_000);
        try (Pair pair = accept(false, false)) {
            CompletableFuture<Void> sent = ReceivePeer.send(pair.peer(), bytes, 50_000);
            Thread.sleep(1000);
            assertThat(pair.copier().fragments).isZero();
            pair.channel().config().setAutoRead(true);
            pair.copier().ended.get(60, TimeUnit.SECONDS);
            sent.get(20, TimeUnit.SECONDS);
            assertThat(pair.copier().all.readableBytes()).isEqualTo(bytes.length);
            same(Arrays.copyOf(pair.copier().all.array(), bytes.length), bytes);
        }
    }

    @Test
    void aFragmentOutlivesItsChannel() throws Exception {
        byte[] bytes = ReceivePeer.bytes(60_000);
        try (Pair pair = accept(true, true)) {
            ReceivePeer.send(pair.peer(), bytes, 10_000).get(60, TimeUnit.SECONDS);
            pair.copier().ended.get(60, TimeUnit.SECONDS);
            assertThat(pair.channel().isOpen()).isFalse();
            assertThat(pair.channel().socket().unreleased())
                    .isEqualTo(pair.copier().kept.size());
            // What else comes would overwrite memory that was given back.
            try (Pair other = accept(true, false)) {
                ReceivePeer.send(other.peer(), ReceivePeer.bytes(9_000_000), 50_000)
                        .get(60, TimeUnit.SECONDS);
                other.copier().ended.get(60, TimeUnit.SECONDS);
            }
            ByteBuf copy = Unpooled.buffer();
            for (DmaBufFragment fragment : pair.copier().kept) {
                fragment.copyTo(copy, binding);
                fragment.release();
            }
            same(Arrays.copyOf(copy.array(), bytes.length), bytes);
            awaitReturned(pair.channel());
        }
    }

    @Test
    void fragmentsCanBeReleasedByAnyThread() throws Exception {
        byte[] bytes = ReceivePeer.bytes(200_000);
        try (Pair pair = accept(true, true)) {
            CompletableFuture<Void> sent = ReceivePeer.send(pair.peer(), bytes, 10_000);
            sent.get(60, TimeUnit.SECONDS);
            pair.copier().ended.get(60, TimeUnit.SECONDS);
            pair.copier().kept.forEach(DmaBufFragment::release);
            awaitReturned(pair.channel());
        }
    }
}
