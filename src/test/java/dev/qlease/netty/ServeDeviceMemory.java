package dev.qlease.netty;

import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.*;
import dev.qlease.rtnetlink.Rtnetlink;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.*;
import io.netty.channel.epoll.EpollIoHandler;

class ServeDeviceMemory {
    public static void main(String[] args) throws InterruptedException {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(EpollIoHandler.newFactory());
        try (Rtnetlink rtnetlink = Rtnetlink.open();
                DmaBuf memory = Udmabuf.pages().allocate(4 << 20);
                TxBinding binding =
                        TxBinding.bind(null, rtnetlink.links().get(args[0]).ifindex(), memory)) {
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
