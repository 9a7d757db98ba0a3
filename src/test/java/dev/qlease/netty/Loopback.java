package dev.qlease.netty;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.Sandbox;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A network namespace with nothing but its loopback device, an event loop, and ordinary sockets to be its peers. */
final class Loopback implements AutoCloseable {
    private final Sandbox sandbox = Sandbox.create();
    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

    private Loopback() {
        sandbox.rtnl().links().up(1);
    }

    static Loopback create() {
        return new Loopback();
    }

    NetworkNamespace namespace() {
        return sandbox.namespace();
    }

    void veth(String ifname, String peer) {
        sandbox.veth(ifname, peer);
    }

    EventLoopGroup group() {
        return group;
    }

    /** How much processor time the loop's thread has taken, in nanoseconds. */
    long cpuTime() throws Exception {
        return group.submit(() ->
                        java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime())
                .get(10, TimeUnit.SECONDS);
    }

    private <T> T inside(IoSupplier<T> opening) {
        Supplier<T> unchecked = () -> {
            try {
                return opening.get();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        return namespace().run(unchecked);
    }

    private interface IoSupplier<T> {
        T get() throws IOException;
    }

    /** Listens with an ordinary socket. */
    ServerSocket listen() {
        return inside(() -> new ServerSocket(0, 50, java.net.InetAddress.getByName("127.0.0.1")));
    }

    /** Connects with an ordinary socket. */
    Socket connect(InetSocketAddress to) {
        return inside(() -> new Socket(to.getAddress(), to.getPort()));
    }

    Bootstrap client(ChannelHandler handler) {
        return new Bootstrap()
                .group(group)
                .channelFactory(() -> new DevmemSocketChannel(namespace()))
                .handler(handler);
    }

    ServerBootstrap server(Supplier<ChannelHandler> handlers) {
        return new ServerBootstrap()
                .group(group)
                .channelFactory(() -> new DevmemServerSocketChannel(namespace()))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handlers.get());
                    }
                });
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        sandbox.close();
    }
}
