package dev.qlease.devmem;

import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** An ordinary TCP receiver of one connection, in the namespace behind the NIC's other port. */
public final class Receiver implements AutoCloseable {
    /** The addresses of that port. */
    public static final String ADDRESS4 = "192.0.2.2";

    public static final String ADDRESS6 = "2001:db8:1::2";

    private static final int PATIENCE_SECONDS = 120;

    private final ServerSocketChannel server;
    private final CompletableFuture<Received> received = new CompletableFuture<>();
    private final CompletableFuture<SocketChannel> accepted = new CompletableFuture<>();

    /**
     * What came.
     *
     * @param bytes how many
     * @param sha256 their digest
     * @param whole whether the connection was ended by the sender, and not reset
     */
    public record Received(long bytes, String sha256, boolean whole) {}

    private Receiver(ServerSocketChannel server) {
        this.server = server;
    }

    /** Listens at {@code address} and reads all that comes. */
    public static Receiver listen(String address) {
        return listen(address, 0, Duration.ZERO, Long.MAX_VALUE);
    }

    /**
     * Listens at {@code address}.
     *
     * @param receiveBuffer bytes that the kernel keeps for it; 0 for its default
     * @param pause how long it does not read at first
     * @param most resets the connection after so many bytes
     */
    public static Receiver listen(String address, int receiveBuffer, Duration pause, long most) {
        try (NetworkNamespace remote = NetworkNamespace.named("remote")) {
            ServerSocketChannel server = remote.run(() -> {
                try {
                    ServerSocketChannel open = ServerSocketChannel.open();
                    if (receiveBuffer > 0) {
                        open.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
                    }
                    return open.bind(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            Receiver receiver = new Receiver(server);
            Thread.ofPlatform().daemon().name("receiver").start(() -> receiver.receive(pause, most));
            return receiver;
        }
    }

    private void receive(Duration pause, long most) {
        try (SocketChannel peer = server.accept()) {
            accepted.complete(peer);
            Thread.sleep(pause);
            received.complete(read(peer, most));
        } catch (IOException | InterruptedException | RuntimeException e) {
            accepted.completeExceptionally(e);
            received.completeExceptionally(e);
        }
    }

    private static Received read(SocketChannel peer, long most) throws IOException {
        MessageDigest digest = sha256();
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18);
        long bytes = 0;
        boolean whole = true;
        while (bytes < most) {
            int read;
            try {
                read = peer.read(buffer.clear());
            } catch (IOException e) {
                whole = false;
                break;
            }
            if (read < 0) {
                break;
            }
            bytes += read;
            digest.update(buffer.flip());
        }
        if (bytes >= most) {
            peer.setOption(StandardSocketOptions.SO_LINGER, 0);
        }
        return new Received(bytes, HexFormat.of().formatHex(digest.digest()), whole);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The digest of {@code bytes}. */
    public static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(sha256().digest(bytes));
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        try {
            return (InetSocketAddress) server.getLocalAddress();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it listens, as a command line has it. */
    public String text() {
        String host = address().getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address().getPort();
    }

    /** Waits for the sender. */
    public void awaitConnection() throws Exception {
        accepted.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Waits for the connection's end. */
    public Received received() throws Exception {
        return received.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws IOException {
        server.close();
        if (accepted.isDone() && !accepted.isCompletedExceptionally()) {
            accepted.join().close();
        }
    }
}
