package dev.qlease.lease;

import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.RouteSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import dev.qlease.rtnetlink.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A namespace for a guest of qnic0, and the host behind the NIC's other port, which is told the way to the guest's
 * addresses. Closing deletes the namespace, and with the last one the routes.
 */
final class Guest implements AutoCloseable {
    static final IpPrefix ADDRESS4 = IpPrefix.parse("198.18.0.2/24");
    static final IpPrefix ADDRESS6 = IpPrefix.parse("2001:db8:2::2/64");
    static final String REMOTE4 = "192.0.2.2";
    static final String REMOTE6 = "2001:db8:1::2";

    private static final RouteSpec ROUTE4 =
            RouteSpec.to(IpPrefix.parse("198.18.0.0/24")).via(IpAddress.parse("192.0.2.1"));
    private static final RouteSpec ROUTE6 =
            RouteSpec.to(IpPrefix.parse("2001:db8:2::/64")).via(IpAddress.parse("2001:db8:1::1"));

    /**
     * A thread for each, since they wait for each other: the common pool has one thread on a machine of two processors.
     */
    static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);

    /** The routes are there while there is a guest. */
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Sandbox sandbox = Sandbox.create();
    private final NetworkNamespace remote = NetworkNamespace.named("remote");

    private Guest() {}

    static Guest create() {
        Guest guest = new Guest();
        if (COUNT.getAndIncrement() == 0) {
            try (Rtnetlink rtnetlink = Rtnetlink.open(guest.remote)) {
                rtnetlink.routes().replace(ROUTE4);
                rtnetlink.routes().replace(ROUTE6);
            }
        }
        return guest;
    }

    NetworkNamespace netns() {
        return sandbox.namespace();
    }

    String name() {
        return sandbox.name();
    }

    Rtnetlink rtnetlink() {
        return sandbox.rtnl();
    }

    /** A lease to this guest, with an address of each family. */
    LeaseSpec.Builder spec() {
        return LeaseSpec.of("qnic0", netns()).address(ADDRESS4).address(ADDRESS6);
    }

    /** Listens behind the NIC. */
    ServerSocketChannel listen(String address) {
        return remote.run(() -> {
            try {
                return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** Reads {@code size} bytes from the first who connects, or fewer if it ends before. */
    static CompletableFuture<byte[]> receive(ServerSocketChannel server, int size) {
        return CompletableFuture.supplyAsync(
                () -> {
                    ByteBuffer received = ByteBuffer.allocate(size);
                    try (SocketChannel peer = server.accept()) {
                        while (received.hasRemaining() && peer.read(received) >= 0) {
                            Thread.onSpinWait();
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return Arrays.copyOf(received.array(), received.position());
                },
                THREADS);
    }

    /** Reads all that the first who connects sends, and answers its SHA-256. */
    static CompletableFuture<byte[]> digest(ServerSocketChannel server) {
        return CompletableFuture.supplyAsync(
                () -> {
                    MessageDigest digest = sha256();
                    ByteBuffer received = ByteBuffer.allocate(1 << 18);
                    try (SocketChannel peer = server.accept()) {
                        while (peer.read(received.clear()) >= 0) {
                            digest.update(received.flip());
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return digest.digest();
                },
                THREADS);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Bytes that are the same for the same length, and no others. */
    static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** Connects from this guest's device. */
    DevmemSocket connect(TxBinding binding, Lease lease, ServerSocketChannel server) throws IOException {
        return DevmemSocket.connect(
                binding,
                netns(),
                lease.info().guest(),
                (InetSocketAddress) server.getLocalAddress(),
                Duration.ofSeconds(20));
    }

    TxBinding bind(Lease lease, DmaBuf dmaBuf) {
        return TxBinding.bind(netns(), lease.guestIfindex(), dmaBuf);
    }

    /** Sends {@code bytes} from this guest as device memory and answers what arrived at {@code address}. */
    byte[] carry(Lease lease, String address, byte[] bytes) throws Exception {
        try (DmaBuf dmaBuf = Udmabuf.pages().allocate(bytes.length);
                TxBinding binding = bind(lease, dmaBuf)) {
            return carry(lease, binding, 0, address, bytes);
        }
    }

    /** As {@link #carry(Lease, String, byte[])}, from {@code offset} of a dma-buf that is bound already. */
    byte[] carry(Lease lease, TxBinding binding, long offset, String address, byte[] bytes) throws Exception {
        binding.write(offset, MemorySegment.ofArray(bytes));
        try (ServerSocketChannel server = listen(address)) {
            CompletableFuture<byte[]> received = receive(server, bytes.length);
            try (DevmemSocket socket = connect(binding, lease, server)) {
                for (long sent = 0; sent < bytes.length; ) {
                    sent += socket.send(offset + sent, bytes.length - sent);
                }
                if (!socket.awaitCompletions(Duration.ofSeconds(60)) || socket.copied() != 0) {
                    throw new AssertionError(socket.outstanding() + " sends of " + socket.sends()
                            + " have not completed, " + socket.copied() + " were copied");
                }
                return received.get(60, TimeUnit.SECONDS);
            }
        }
    }

    @Override
    public void close() {
        if (COUNT.decrementAndGet() == 0) {
            try (Rtnetlink rtnetlink = Rtnetlink.open(remote)) {
                rtnetlink.routes().delete(ROUTE4);
                rtnetlink.routes().delete(ROUTE6);
            }
        }
        remote.close();
        sandbox.close();
    }
}
