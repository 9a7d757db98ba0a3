package dev.qlease.cli.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.Qlease;
import dev.qlease.cli.args.Pattern;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.devmem.ReceiveNic;
import dev.qlease.devmem.ReceivePeer;
import dev.qlease.lease.Lease;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.RouteSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import dev.qlease.rtnetlink.Sandbox;
import java.io.ByteArrayOutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code qlease receive} by the emulated NIC itself, and by a netkit guest that has leased one of its queues. */
@Tag("vm")
@Timeout(300)
class ReceiveVmTest {
    private static final String V4 = "192.0.2.1";
    private static final RouteSpec TO_GUEST =
            RouteSpec.to(IpPrefix.parse("2001:db8:2::/64")).via(IpAddress.parse("2001:db8:1::1"));

    private static int port = 5300;

    @TempDir
    private static Path folder;

    private NetworkNamespace remote;

    @BeforeEach
    void open() {
        remote = NetworkNamespace.named("remote");
        port++;
    }

    @AfterEach
    void close() {
        remote.close();
    }

    private record Ran(ExitCode exitCode, String out, String err) {}

    private static Ran run(List<String> options) {
        List<String> all = new ArrayList<>(List.of("receive"));
        all.addAll(options);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ExitCode exitCode = new Qlease(new Output(out, err)).run(all.toArray(String[]::new));
        return new Ran(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static CompletableFuture<Ran> start(String... options) {
        return CompletableFuture.supplyAsync(() -> run(List.of(options)), ReceivePeer.THREADS);
    }

    /** Connects as soon as somebody listens. */
    private SocketChannel connect(String address, CompletableFuture<Ran> ran) throws Exception {
        InetSocketAddress to = new InetSocketAddress(InetAddress.ofLiteral(address), port);
        while (!ran.isDone()) {
            try {
                return ReceivePeer.connect(remote, to);
            } catch (ConnectException e) {
                Thread.sleep(100);
            }
        }
        throw new AssertionError("it did not listen: " + ran.get());
    }

    private static String text(String address) {
        return (address.indexOf(':') < 0 ? address : "[" + address + "]") + ":" + port;
    }

    @Test
    void aFileIsWrittenWithWhatComesByTheNic() throws Exception {
        byte[] bytes = ReceivePeer.bytes(3_000_001);
        Path file = folder.resolve("received");
        try (ReceiveNic nic = ReceiveNic.prepare()) {
            nic.steer(new InetSocketAddress(InetAddress.ofLiteral(V4), port), ReceiveNic.QUEUE);
            CompletableFuture<Ran> ran = start(
                    "--dev",
                    "qnic0",
                    "--queue",
                    "3",
                    "--listen",
                    text(V4),
                    "--memory",
                    "udmabuf",
                    "--size",
                    "16M",
                    "--out",
                    file.toString(),
                    "--json");
            try (SocketChannel peer = connect(V4, ran)) {
                ReceivePeer.send(peer, bytes, 1 << 16).get(60, TimeUnit.SECONDS);
            }
            Ran done = ran.get(60, TimeUnit.SECONDS);
            assertThat(done.err()).isEmpty();
            assertThat(done.exitCode()).isEqualTo(ExitCode.DONE);
            assertThat(done.out())
                    .startsWith("{\"bytes\":3000001,")
                    .contains(
                            "\"dmabuf-bytes\":3000001,\"linear-bytes\":0,", "\"memory\":\"udmabuf\"", "\"queues\":[3]");
            assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
        }
    }

    @Test
    void aGuestReceivesByAllItsLeasedQueues() throws Exception {
        byte[] bytes = ReceivePeer.bytes(1_000_003);
        Path file = folder.resolve("guest");
        try (Sandbox guest = Sandbox.create();
                Leases leases = Leases.open();
                Rtnetlink rtnetlink = Rtnetlink.open(remote)) {
            rtnetlink.routes().replace(TO_GUEST);
            LeaseSpec spec = LeaseSpec.of("qnic0", guest.namespace())
                    .address(IpPrefix.parse("2001:db8:2::2/64"))
                    .count(2)
                    .build();
            try (Lease lease = leases.plan(spec).apply()) {
                for (String out : List.of(file.toString(), "/dev/null")) {
                    CompletableFuture<Ran> ran = start(
                            "--netns",
                            guest.name(),
                            "--dev",
                            lease.info().guest(),
                            "--listen",
                            text("2001:db8:2::2"),
                            "--out",
                            out);
                    try (SocketChannel peer = connect("2001:db8:2::2", ran)) {
                        ReceivePeer.send(peer, bytes, 1 << 16).get(60, TimeUnit.SECONDS);
                    }
                    Ran done = ran.get(60, TimeUnit.SECONDS);
                    assertThat(done.exitCode()).as(done.toString()).isEqualTo(ExitCode.DONE);
                    assertThat(done.err())
                            .isEqualTo("qlease: listening on " + text("2001:db8:2::2") + ", nk0 queues [1, 2]\n");
                    assertThat(done.out())
                            .startsWith("1000003 bytes from [2001:db8:1::2]:")
                            .contains("1000003 bytes in device memory, 0 in ordinary memory", " binding ");
                }
                assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
            } finally {
                rtnetlink.routes().delete(TO_GUEST);
            }
        }
    }

    @Test
    void whatComesIsComparedWithThePattern() throws Exception {
        ByteBuffer bytes = ByteBuffer.allocate(300_001);
        try (ReadableByteChannel pattern = new Pattern(7).source(bytes.capacity())) {
            while (bytes.hasRemaining()) {
                pattern.read(bytes);
            }
        }
        try (ReceiveNic nic = ReceiveNic.prepare()) {
            nic.steer(new InetSocketAddress(InetAddress.ofLiteral(V4), port), ReceiveNic.QUEUE);
            for (boolean right : new boolean[] {true, false}) {
                if (!right) {
                    bytes.put(200_000, (byte) 99);
                }
                CompletableFuture<Ran> ran = start(
                        "--dev", "qnic0", "--queue", "3", "--listen", text(V4), "--memory", "udmabuf", "--verify", "7");
                Optional<Throwable> failure;
                try (SocketChannel peer = connect(V4, ran)) {
                    failure = ReceivePeer.send(peer, bytes.array(), 1 << 16)
                            .handle((_, thrown) -> Optional.ofNullable(thrown))
                            .get(60, TimeUnit.SECONDS);
                }
                // Who finds something wrong hangs up on who still sends.
                assertThat(failure.filter(_ -> right)).isEmpty();
                Ran done = ran.get(60, TimeUnit.SECONDS);
                assertThat(done.exitCode()).as(done.toString()).isEqualTo(right ? ExitCode.DONE : ExitCode.FAILED);
                assertThat(done.out() + done.err())
                        .contains(
                                right
                                        ? "all of them match the pattern of 7\n"
                                        : "the byte at offset 200000 is 99, not 4 as in the pattern of 7");
            }
        }
    }

    @Test
    void whatIsMissingIsSaid() throws Exception {
        Ran none = run(List.of("--dev", "qnic0", "--listen", text(V4), "--out", "/dev/null"));
        assertThat(none.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(none.err()).contains("receiving needs --queue on qnic0", "[0, 1, 2, 3]");
        Ran unsplit = run(List.of("--dev", "qnic0", "--queue", "3", "--listen", text(V4), "--out", "/dev/null"));
        assertThat(unsplit.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(unsplit.err()).contains("ethtool -G qnic0 tcp-data-split on");
        try (ReceiveNic _ = ReceiveNic.prepare()) {
            List<String> options = List.of(
                    "--dev", "qnic0", "--queue", "3", "--out", "/dev/null", "--memory", "udmabuf", "--timeout", "0.2");
            List<String> here = new ArrayList<>(options);
            here.addAll(List.of("--listen", text(V4)));
            Ran alone = run(here);
            assertThat(alone.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(alone.err()).contains("no connection to " + text(V4) + " within 0.2 s");
            List<String> elsewhere = new ArrayList<>(options);
            elsewhere.addAll(List.of("--listen", text("192.0.2.77")));
            assertThat(run(elsewhere).err()).contains("EADDRNOTAVAIL", "qnic0 does not have that address");
        }
    }

    @Test
    void aPeerThatGivesUpOrStaysSilentIsAFailure() throws Exception {
        try (ReceiveNic nic = ReceiveNic.prepare()) {
            nic.steer(new InetSocketAddress(InetAddress.ofLiteral(V4), port), ReceiveNic.QUEUE);
            for (boolean reset : new boolean[] {true, false}) {
                CompletableFuture<Ran> ran = start(
                        "--dev",
                        "qnic0",
                        "--queue",
                        "3",
                        "--listen",
                        text(V4),
                        "--memory",
                        "udmabuf",
                        "--out",
                        "/dev/null",
                        "--timeout",
                        "5");
                try (SocketChannel peer = connect(V4, ran)) {
                    peer.write(ByteBuffer.allocate(1000));
                    if (reset) {
                        Thread.sleep(500);
                        peer.setOption(StandardSocketOptions.SO_LINGER, 0);
                    } else {
                        ran.get(60, TimeUnit.SECONDS);
                    }
                }
                Ran done = ran.get(60, TimeUnit.SECONDS);
                assertThat(done.exitCode()).isEqualTo(ExitCode.FAILED);
                assertThat(done.err())
                        .contains(
                                reset ? "the peer reset the connection" : "no data for 5.0 s",
                                "1000 bytes were received");
            }
        }
    }
}
