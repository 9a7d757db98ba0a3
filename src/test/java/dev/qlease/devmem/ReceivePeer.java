package dev.qlease.devmem;

import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** An ordinary sender for tests, and a receiver that looks at all that it gets. */
public final class ReceivePeer {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** A thread for each task: on two processors the common pool has one, and who sends would wait for who receives. */
    public static final Executor THREADS =
            task -> Thread.ofPlatform().daemon().name("receive-test").start(task);

    private ReceivePeer() {}

    /** Bytes that do not repeat. */
    public static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }

    /** Connects from {@code namespace}. */
    public static SocketChannel connect(NetworkNamespace namespace, InetSocketAddress to) throws IOException {
        SocketChannel channel = namespace.run(() -> {
            try {
                return SocketChannel.open();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.connect(to);
        return channel;
    }

    /**
     * Sends all of it, in writes of so many bytes, and then says that no more will come.
     *
     * @param segment bytes of a write
     */
    public static CompletableFuture<Void> send(SocketChannel channel, byte[] bytes, int segment) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        for (int at = 0; at < bytes.length; at += segment) {
                            ByteBuffer piece = ByteBuffer.wrap(bytes, at, Math.min(segment, bytes.length - at));
                            while (piece.hasRemaining()) {
                                channel.write(piece);
                            }
                        }
                        channel.shutdownOutput();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                THREADS);
    }

    /** Reads so many bytes and sends them back. */
    static CompletableFuture<Void> echo(SocketChannel channel, int length) {
        return CompletableFuture.runAsync(
                () -> {
                    ByteBuffer buffer = ByteBuffer.allocate(length);
                    try {
                        while (buffer.hasRemaining()) {
                            channel.read(buffer);
                        }
                        buffer.flip();
                        while (buffer.hasRemaining()) {
                            channel.write(buffer);
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                THREADS);
    }

    /** Receives {@code least} bytes and what comes along with the last, or fewer if the stream ends. */
    public static byte[] receive(DevmemSocket socket, RxBinding binding, int least) {
        byte[] all = new byte[least];
        int got = 0;
        try (Arena arena = Arena.ofConfined();
                ReceiveBatch batch = ReceiveBatch.allocate()) {
            MemorySegment copy = arena.allocate(batch.capacity());
            while (got < least) {
                long more = socket.receive(batch, PATIENCE);
                if (more < 0) {
                    break;
                }
                if (more == 0) {
                    throw new AssertionError("nothing came after " + got + " bytes, " + socket.received());
                }
                binding.read(batch, copy);
                if (got + more > all.length) {
                    all = Arrays.copyOf(all, got + (int) more);
                }
                MemorySegment.copy(copy, ValueLayout.JAVA_BYTE, 0, all, got, (int) more);
                got += (int) more;
            }
            socket.release(batch);
        }
        return Arrays.copyOf(all, got);
    }
}
