package dev.qlease.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.devmem.ReceivePeer;
import dev.qlease.fixture.Commands;
import dev.qlease.lease.Lease;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.RouteSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The README's examples of sending and receiving, with a namespace called container and a NIC known as eth0. */
@Tag("vm")
@Timeout(240)
class DeviceMemoryExamplesVmTest {
    private static final int SIZE = 10_000_003;
    private static final Pattern RECEIVED = Pattern.compile("(\\d+) bytes at \\d+ of (the dma-buf|ordinary memory)");
    private static final RouteSpec ROUTE =
            RouteSpec.to(IpPrefix.parse("2001:db8:2::/64")).via(IpAddress.parse("2001:db8:1::1"));

    @TempDir
    private Path folder;

    private NetworkNamespace remote;
    private NetworkNamespace container;

    @BeforeEach
    void prepare() throws Exception {
        remote = NetworkNamespace.named("remote");
        container = NetworkNamespace.create("container");
        Commands.run("ip", "link", "property", "add", "dev", "qnic0", "altname", "eth0");
        try (Rtnetlink rtnetlink = Rtnetlink.open(remote)) {
            rtnetlink.routes().replace(ROUTE);
        }
    }

    @AfterEach
    void putBack() throws Exception {
        try (Rtnetlink rtnetlink = Rtnetlink.open(remote)) {
            rtnetlink.routes().delete(ROUTE);
        }
        Commands.run("ip", "link", "property", "del", "dev", "qnic0", "altname", "eth0");
        container.close();
        NetworkNamespace.delete("container");
        remote.close();
    }

    @Test
    void theExampleSendsAFile() throws Exception {
        byte[] bytes = ReceivePeer.bytes(SIZE);
        Path file = Files.write(folder.resolve("file"), bytes);
        try (ServerSocketChannel server = remote.run(() -> listen("2001:db8:1::2"))) {
            CompletableFuture<byte[]> received =
                    CompletableFuture.supplyAsync(() -> readAll(server), ReceivePeer.THREADS);
            assertThat(Printed.by(() -> SendDeviceMemory.main(new String[] {file.toString()})))
                    .isEqualTo("completed\n");
            assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(bytes);
        }
    }

    private static ServerSocketChannel listen(String address) {
        try {
            return ServerSocketChannel.open().bind(new InetSocketAddress(address, 5201));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] readAll(ServerSocketChannel server) {
        ByteBuffer all = ByteBuffer.allocate(SIZE + 1);
        try (SocketChannel peer = server.accept()) {
            while (all.hasRemaining() && peer.read(all) >= 0) {
                Thread.onSpinWait();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Arrays.copyOf(all.array(), all.position());
    }

    @Test
    void theExampleReceivesByALeasedQueue() throws Exception {
        LeaseSpec spec = LeaseSpec.of("eth0", container)
                .address(IpPrefix.parse("2001:db8:2::2/64"))
                .rxRing(64)
                .build();
        try (Leases leases = Leases.open();
                Lease _ = leases.create(spec)) {
            CompletableFuture<Void> sent = CompletableFuture.runAsync(this::send, ReceivePeer.THREADS);
            String printed = Printed.by(() -> ReceiveDeviceMemory.main(new String[0]));
            sent.get(60, TimeUnit.SECONDS);
            assertThat(printed.lines()).allMatch(line -> RECEIVED.matcher(line).matches());
            assertThat(printed.lines().filter(line -> line.endsWith("the dma-buf")))
                    .isNotEmpty();
            assertThat(RECEIVED.matcher(printed)
                            .results()
                            .mapToLong(piece -> Long.parseLong(piece.group(1)))
                            .sum())
                    .isEqualTo(SIZE);
        }
    }

    private void send() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            try (SocketChannel peer = ReceivePeer.connect(remote, new InetSocketAddress("2001:db8:2::2", 5201))) {
                ReceivePeer.send(peer, ReceivePeer.bytes(SIZE), 1 << 16).join();
                return;
            } catch (IOException e) {
                if (System.nanoTime() > end) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }
}
