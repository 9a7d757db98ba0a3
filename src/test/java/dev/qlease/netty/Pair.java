package dev.qlease.netty;

import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/** A channel and the ordinary socket at its other end. */
record Pair(DevmemSocketChannel channel, Socket peer, Recorder recorder) implements AutoCloseable {
    @Override
    public void close() throws IOException {
        channel.close().syncUninterruptibly();
        peer.close();
    }

    static Pair connect(Loopback loopback) throws Exception {
        return connect(loopback, true, false);
    }

    static Pair connect(Loopback loopback, boolean autoRead, boolean halfClosure) throws Exception {
        Recorder recorder = new Recorder();
        try (ServerSocket server = loopback.listen()) {
            DevmemSocketChannel channel = (DevmemSocketChannel) loopback.client(recorder)
                    .option(ChannelOption.AUTO_READ, autoRead)
                    .option(ChannelOption.ALLOW_HALF_CLOSURE, halfClosure)
                    .connect(server.getLocalSocketAddress())
                    .sync()
                    .channel();
            return new Pair(channel, server.accept(), recorder);
        }
    }
}
