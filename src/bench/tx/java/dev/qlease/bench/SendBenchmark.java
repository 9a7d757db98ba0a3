package dev.qlease.bench;

import dev.qlease.bench.SendWindows.Sender;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * Sends as tx_send.c does, with qlease; or the same bytes from the heap, through java.nio or Netty.
 *
 * <p>{@code devmem|nio|netty DEVICE ADDRESS PORT BYTES WARMUPS WINDOWS CHUNK...}: runs WINDOWS of BYTES for each CHUNK,
 * each on a connection that sends a quarter as much before. WARMUPS more windows, at the start in small pieces and
 * before those of each CHUNK, let Java compile what is measured.
 */
public final class SendBenchmark {
    private static final int DMABUF_SIZE = 4 << 20;
    private static final int SMALL = 4096;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private SendBenchmark() {}

    /**
     * Runs the benchmark.
     *
     * @param args as described above
     */
    public static void main(String[] args) throws Exception {
        InetSocketAddress peer = new InetSocketAddress(InetAddress.ofLiteral(args[2]), Integer.parseInt(args[3]));
        long bytes = Long.parseLong(args[4]);
        int warmups = Integer.parseInt(args[5]);
        int windows = Integer.parseInt(args[6]);
        for (int i = 0; i < warmups; i++) {
            try (Sender sender = open(args[0], args[1], peer)) {
                sender.send(bytes, SMALL);
            }
        }
        Meter.awaitCompiler();
        for (int arg = 7; arg < args.length; arg++) {
            int chunk = Integer.parseInt(args[arg]);
            for (int i = -warmups; i < windows; i++) {
                try (Sender sender = open(args[0], args[1], peer)) {
                    sender.send(bytes / 4, chunk);
                    if (i < 0) {
                        sender.send(bytes, chunk);
                    } else {
                        SendWindows.measure(sender, chunk, bytes);
                    }
                }
            }
        }
    }

    private static Sender open(String how, String device, InetSocketAddress peer) throws Exception {
        return switch (how) {
            case "devmem" -> new Devmem(device, peer);
            case "nio" -> new Nio(peer);
            case "netty" -> new NettySender(peer);
            default -> throw new IllegalArgumentException("devmem, nio or netty, not " + how);
        };
    }

    /** Sends device memory through a ring of regions, each reused once it has completed. */
    private static final class Devmem implements Sender {
        private final DmaBuf dmaBuf = Udmabuf.pages().allocate(DMABUF_SIZE);
        private final TxBinding binding;
        private final DevmemSocket socket;
        private long offset;

        Devmem(String device, InetSocketAddress peer) {
            try (Rtnetlink rtnetlink = Rtnetlink.open()) {
                binding = TxBinding.bind(
                        NetworkNamespace.ofCaller(),
                        rtnetlink.links().get(device).ifindex(),
                        dmaBuf);
            }
            socket = DevmemSocket.connect(binding, NetworkNamespace.ofCaller(), device, peer, PATIENCE);
        }

        @Override
        public void send(long bytes, int chunk) {
            if (offset + chunk > DMABUF_SIZE) {
                offset = 0;
            }
            for (long sent = 0; sent < bytes; sent += chunk) {
                socket.awaitFree(offset, chunk, PATIENCE);
                for (long done = 0; done < chunk; ) {
                    done += socket.send(offset + done, chunk - done);
                }
                offset = offset + 2L * chunk <= DMABUF_SIZE ? offset + chunk : 0;
            }
        }

        @Override
        public long sends() {
            return socket.sends();
        }

        @Override
        public long copied() {
            return socket.copied();
        }

        @Override
        public void close() {
            if (!socket.awaitCompletions(PATIENCE)) {
                throw new IllegalStateException(socket.outstanding() + " sends have not completed");
            }
            socket.close();
            binding.close();
            dmaBuf.close();
        }
    }

    /** Sends heap memory through a channel. */
    private static final class Nio implements Sender {
        private final SocketChannel channel;
        private final ByteBuffer source = ByteBuffer.allocate(DMABUF_SIZE);

        Nio(InetSocketAddress peer) throws IOException {
            channel = SocketChannel.open(peer);
        }

        @Override
        public void send(long bytes, int chunk) throws IOException {
            for (long sent = 0; sent < bytes; sent += chunk) {
                source.clear().limit(chunk);
                while (source.hasRemaining()) {
                    channel.write(source);
                }
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
