package dev.qlease.cli.bench;

import dev.qlease.linux.NetworkNamespace;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** A connection by ordinary TCP, whose data is in ordinary memory outside the Java heap. */
final class OrdinaryConnection implements BenchConnection {
    private final SocketChannel channel;
    private final ByteBuffer buffer;
    private final AtomicLong moved = new AtomicLong();
    private long calls;

    private OrdinaryConnection(SocketChannel channel, int chunk) {
        this.channel = channel;
        this.buffer = ByteBuffer.allocateDirect(chunk);
    }

    /**
     * Connects.
     *
     * @param namespace the network namespace to connect in
     * @param from the local address; empty for any
     * @param chunk the most bytes that one system call moves
     */
    static OrdinaryConnection open(
            NetworkNamespace namespace,
            InetSocketAddress to,
            Optional<InetSocketAddress> from,
            int chunk,
            Duration timeout)
            throws IOException {
        SocketChannel channel = open(namespace, to, SocketChannel::open);
        try {
            if (from.isPresent()) {
                // Reset when it is closed: otherwise the next connection could not have the same addresses at once.
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, true)
                        .setOption(StandardSocketOptions.SO_LINGER, 0)
                        .bind(from.get());
            }
            channel.socket().connect(to, Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE));
            return new OrdinaryConnection(channel, chunk);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Opens a channel. */
    interface Opening<T> {
        T open(ProtocolFamily family) throws IOException;
    }

    /** Opens a channel for addresses like {@code address}, in {@code namespace}. */
    static <T> T open(NetworkNamespace namespace, InetSocketAddress address, Opening<T> opening) throws IOException {
        ProtocolFamily family = address.getAddress() instanceof Inet6Address
                ? StandardProtocolFamily.INET6
                : StandardProtocolFamily.INET;
        try {
            return namespace.run(() -> {
                try {
                    return opening.open(family);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw Objects.requireNonNull(e.getCause());
        }
    }

    @Override
    public void write(byte[] message) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(message);
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    @Override
    public byte[] read(int length) throws IOException {
        return read(channel, length);
    }

    /**
     * Reads a message of this size.
     *
     * @throws EOFException if the stream ends before that
     */
    static byte[] read(SocketChannel channel, int length) throws IOException {
        ByteBuffer message = ByteBuffer.allocate(length);
        while (message.hasRemaining()) {
            if (channel.read(message) < 0) {
                throw new EOFException("the connection ended after " + message.position() + " bytes");
            }
        }
        return message.array();
    }

    @Override
    public void prepare() {
        calls = 0;
    }

    @Override
    public void send(long bytes) throws IOException {
        for (long left = bytes; left > 0; left -= buffer.limit()) {
            buffer.clear().limit((int) Math.min(left, buffer.capacity()));
            while (buffer.hasRemaining()) {
                moved.addAndGet(channel.write(buffer));
                calls++;
            }
        }
    }

    @Override
    public long receive() throws IOException {
        long received = 0;
        while (true) {
            int read = channel.read(buffer.clear());
            if (read < 0) {
                return received;
            }
            received += read;
            moved.addAndGet(read);
            calls++;
        }
    }

    @Override
    public long calls() {
        return calls;
    }

    @Override
    public double copied() {
        return 1;
    }

    @Override
    public long progress() {
        return moved.get();
    }

    @Override
    public void abort() {
        try {
            channel.close();
        } catch (IOException e) {
            // It is closed in any case.
            return;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
