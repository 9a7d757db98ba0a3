package dev.qlease.cli.bench;

import dev.qlease.cli.args.Addresses;
import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The peer of {@code qlease bench}: reads or sends bytes by ordinary TCP, as {@link Message} describes. The number of
 * connections is bounded, and so is the time that each may take; what is no request is answered by closing. Owns its
 * sockets. Thread-safe.
 */
final class BenchServer implements AutoCloseable {
    private static final int BACKLOG = 64;
    private static final int BUFFER = 1 << 20;
    private static final long PAUSE_MILLIS = 100;

    private final ServerSocketChannel server;
    private final Limits limits;
    private final Semaphore free;
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();

    /**
     * What a client may take.
     *
     * @param connections the largest number of connections
     * @param request the longest time for a request
     * @param stall the longest time without progress
     * @param whole the longest time of a connection
     */
    record Limits(int connections, Duration request, Duration stall, Duration whole) {
        static final Limits DEFAULTS =
                new Limits(16, Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofHours(1));
    }

    private BenchServer(ServerSocketChannel server, Limits limits) {
        this.server = server;
        this.limits = limits;
        this.free = new Semaphore(limits.connections());
    }

    /**
     * Starts to serve.
     *
     * @param namespace the network namespace to serve in
     * @param at the address; port 0 for one that the kernel chooses
     * @throws dev.qlease.cli.output.CommandException if it cannot listen there
     */
    static BenchServer start(NetworkNamespace namespace, InetSocketAddress at, Limits limits) {
        BenchServer server = new BenchServer(listen(namespace, at), limits);
        Thread.ofPlatform().daemon().name("qlease-bench-server").start(server::accept);
        return server;
    }

    private static ServerSocketChannel listen(NetworkNamespace namespace, InetSocketAddress at) {
        try {
            ServerSocketChannel channel = OrdinaryConnection.open(namespace, at, ServerSocketChannel::open);
            try {
                return channel.bind(at, BACKLOG);
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw Addresses.notListening(at, e);
        }
    }

    /** Returns the address that it listens on. */
    InetSocketAddress address() {
        try {
            return (InetSocketAddress) server.getLocalAddress();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                accept(server.accept());
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                // Too many descriptors, for instance: others may be closed meanwhile.
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept(SocketChannel client) throws IOException {
        if (!free.tryAcquire()) {
            try (client) {
                reply(client, Message.Kind.BUSY, 0);
            }
            return;
        }
        open.add(client);
        Thread.ofPlatform().daemon().name("qlease-bench-client").start(() -> {
            try (client) {
                serve(client);
            } catch (IOException e) {
                // The client has gone or was too slow: that is its own concern.
                return;
            } finally {
                open.remove(client);
                free.release();
            }
        });
    }

    private static void end(SocketChannel client) {
        try {
            client.close();
        } catch (IOException e) {
            // It is closed in any case.
            return;
        }
    }

    private void serve(SocketChannel client) throws IOException {
        Optional<Message> request;
        try (Watchdog _ = Watchdog.start(() -> 0, () -> end(client), limits.request(), limits.request())) {
            request = read(client);
        }
        AtomicLong moved = new AtomicLong();
        try (Watchdog _ = Watchdog.start(moved::get, () -> end(client), limits.stall(), limits.whole())) {
            if (request.isPresent()) {
                serve(client, request.get(), moved);
            }
        }
    }

    private static void serve(SocketChannel client, Message request, AtomicLong moved) throws IOException {
        switch (request.kind()) {
            case SINK -> {
                reply(client, Message.Kind.READY, 0);
                if (receive(client, request.bytes(), moved)) {
                    reply(client, Message.Kind.DONE, request.bytes());
                    awaitEnd(client);
                }
            }
            case SOURCE -> {
                reply(client, Message.Kind.READY, 0);
                if (read(client).filter(next -> next.kind() == Message.Kind.GO).isPresent()) {
                    send(client, request.bytes(), moved);
                    client.shutdownOutput();
                    awaitEnd(client);
                }
            }
            case OTHER_VERSION -> reply(client, Message.Kind.OTHER_VERSION, 0);
            default -> {
                // Only a server sends these: closed without a reply.
            }
        }
    }

    private static Optional<Message> read(SocketChannel client) throws IOException {
        return Message.decode(OrdinaryConnection.read(client, Message.SIZE));
    }

    private static void reply(SocketChannel client, Message.Kind kind, long bytes) throws IOException {
        ByteBuffer message = ByteBuffer.wrap(new Message(kind, bytes).encode());
        while (message.hasRemaining()) {
            client.write(message);
        }
    }

    /** Returns whether all bytes came before the end of the stream. */
    private static boolean receive(SocketChannel client, long bytes, AtomicLong moved) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
        while (moved.get() < bytes) {
            buffer.clear().limit((int) Math.min(BUFFER, bytes - moved.get()));
            int read = client.read(buffer);
            if (read < 0) {
                return false;
            }
            moved.addAndGet(read);
        }
        return true;
    }

    private static void send(SocketChannel client, long bytes, AtomicLong moved) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
        while (moved.get() < bytes) {
            buffer.clear().limit((int) Math.min(BUFFER, bytes - moved.get()));
            moved.addAndGet(client.write(buffer));
        }
    }

    /** Waits until the client has ended the connection, so that closing it discards nothing. */
    private static void awaitEnd(SocketChannel client) throws IOException {
        int _ = client.read(ByteBuffer.allocate(1));
    }

    /** Stops serving and ends all connections. Idempotent. */
    @Override
    public void close() throws IOException {
        server.close();
        open.forEach(BenchServer::end);
    }
}
