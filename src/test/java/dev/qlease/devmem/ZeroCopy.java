package dev.qlease.devmem;

import dev.qlease.dmabuf.PlainMemory;
import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Ordinary memory sent by MSG_ZEROCOPY over loopback, to peers with a small receive queue: the kernel's own
 * completions, on any machine.
 */
public final class ZeroCopy implements AutoCloseable {
    static final int SIZE = 16 << 20;

    private final Arena arena = Arena.ofShared();
    private final PlainMemory memory = PlainMemory.allocate(arena, SIZE);
    private final ServerSocketChannel server;
    private TxBinding binding = TxBinding.unbound(memory.dmaBuf(), memory.address());

    public ZeroCopy() throws IOException {
        server = ServerSocketChannel.open();
        server.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
        server.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
    }

    public TxBinding binding() {
        return binding;
    }

    /** A binding of the same memory, instead of the one before. */
    public TxBinding bindAgain() {
        binding = TxBinding.unbound(memory.dmaBuf(), memory.address());
        return binding;
    }

    public InetSocketAddress address() throws IOException {
        return (InetSocketAddress) server.getLocalAddress();
    }

    public SocketChannel accept() throws IOException {
        return server.accept();
    }

    public DevmemSocket connect() throws IOException {
        return DevmemSocket.connect(binding, NetworkNamespace.ofCaller(), null, address(), Duration.ofSeconds(10));
    }

    /** Sends until there is no room, and none comes for a while. */
    public static void stall(DevmemSocket socket) throws InterruptedException {
        socket.blocking(false);
        for (int refusals = 0; refusals < 5; refusals++) {
            while (socket.send(0, 1 << 16) > 0) {
                refusals = 0;
            }
            Thread.sleep(20);
        }
        socket.blocking(true);
    }

    /** How many descriptors this process has. */
    public static int descriptors() throws IOException {
        int count = 0;
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path _ : all) {
                count++;
            }
        }
        return count;
    }

    @Override
    public void close() throws IOException {
        server.close();
        memory.dmaBuf().close();
        arena.close();
    }
}
