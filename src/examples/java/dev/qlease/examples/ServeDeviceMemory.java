package dev.qlease.examples;

import dev.qlease.devmem.*;
import dev.qlease.dmabuf.*;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netty.*;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.*;
import io.netty.channel.epoll.EpollIoHandler;

class ServeDeviceMemory {
    public static void main(String[] args) throws InterruptedException {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(EpollIoHandler.newFactory());
        Device device = Device.named(NetworkNamespace.ofCaller(), args[0]);
        try (DmaBuf memory = Udmabuf.pages().allocate(4 << 20);
                TxBinding binding = device.bindTx(memory)) {
            ChannelInitializer<Channel> serve = new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel channel) {
                    channel.eventLoop().execute(() -> {
                        channel.write(channel.alloc().buffer().writeLong(memory.size()));
                        channel.writeAndFlush(new DmaBufRegion(binding, 0, memory.size()))
                                .addListener(ChannelFutureListener.CLOSE);
                    });
                }
            };
            new ServerBootstrap()
                    .group(group)
                    .channel(DevmemServerSocketChannel.class)
                    .childHandler(serve)
                    .bind(Integer.parseInt(args[1]))
                    .sync()
                    .channel()
                    .closeFuture()
                    .sync();
        }
    }
}
