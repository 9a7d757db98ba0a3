package dev.qlease.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.cli.Qlease;
import dev.qlease.cli.args.Addresses;
import dev.qlease.cli.args.CommandLines;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.rtnetlink.Sandbox;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server of {@code qlease bench} and ordinary TCP, on the loopback device of a namespace. */
@Tag("host")
@Timeout(60)
class BenchHostTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(300);

    private Sandbox sandbox;

    @BeforeEach
    void makeNamespace() {
        sandbox = Sandbox.create();
        sandbox.rtnl().links().up(sandbox.rtnl().links().get("lo").ifindex());
    }

    @AfterEach
    void removeNamespace() {
        sandbox.close();
    }

    private record Ran(ExitCode exitCode, String out, String err) {}

    private Ran bench(String... options) {
        List<String> all = new ArrayList<>(List.of("bench", "--netns", sandbox.name()));
        all.addAll(List.of(options));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ExitCode exitCode = new Qlease(new Output(out, err)).run(all.toArray(String[]::new));
        return new Ran(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static InetSocketAddress loopback(String address) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), 0);
    }

    private BenchServer serve(BenchServer.Limits limits) {
        return BenchServer.start(sandbox.namespace(), loopback("127.0.0.1"), limits);
    }

    private SocketChannel connect(BenchServer server) throws IOException {
        SocketChannel client = OrdinaryConnection.open(sandbox.namespace(), server.address(), SocketChannel::open);
        client.connect(server.address());
        return client;
    }

    /** Returns what the server sends until it ends the connection. */
    private static byte[] rest(SocketChannel client) throws IOException {
        ByteBuffer answer = ByteBuffer.allocate(1000);
        try {
            while (client.read(answer) >= 0) {}
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("reset");
        }
        return Arrays.copyOf(answer.array(), answer.position());
    }

    private interface Use {
        void with(Runner runner) throws IOException;
    }

    private void run(InetSocketAddress to, String timeout, Use use, String... more) throws IOException {
        List<String> options =
                new ArrayList<>(List.of("bench", "--dev", "lo", "--timeout", timeout, "--to", Addresses.text(to)));
        options.addAll(List.of(more));
        BenchRequest request = BenchRequest.of(CommandLines.parse(options.toArray(String[]::new)));
        try (Target target = Target.open(sandbox.name(), "lo")) {
            use.with(new Runner(request, target, target.link().orElseThrow()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void bytesAreSentAndReceivedByOrdinaryTcp(String address) throws IOException {
        try (BenchServer server =
                BenchServer.start(sandbox.namespace(), loopback(address), BenchServer.Limits.DEFAULTS)) {
            run(server.address(), "20", runner -> {
                for (long bytes : new long[] {0, 1, 3_000_001}) {
                    Measured sent = runner.sendOrdinarily(65_536, bytes);
                    assertThat(sent.bytes()).isEqualTo(bytes);
                    assertThat(sent.calls()).isGreaterThanOrEqualTo((bytes + 65_535) / 65_536);
                    assertThat(sent.copied()).isEqualTo(1);
                    assertThat(sent.nanos()).isPositive();
                    assertThat(sent.processorNanos()).isPositive();
                    Measured received = runner.receiveOrdinarily(65_536, bytes);
                    assertThat(received.bytes()).isEqualTo(bytes);
                    assertThat(received.calls()).isGreaterThanOrEqualTo((bytes + 65_535) / 65_536);
                }
            });
        }
    }

    @Test
    void oneRunAfterAnotherIsReceivedAtTheSamePort() throws IOException {
        try (BenchServer server = serve(BenchServer.Limits.DEFAULTS)) {
            Use receive = runner -> {
                for (int i = 0; i < 20; i++) {
                    assertThat(runner.receiveOrdinarily(4096, 5000).bytes()).isEqualTo(5000);
                }
            };
            run(server.address(), "20", receive, "--from", "127.0.0.1:5999", "--chunk", "4K", "--bytes", "5000");
        }
    }

    @Test
    void garbageIsAnsweredByClosing() throws IOException {
        try (BenchServer server = serve(BenchServer.Limits.DEFAULTS)) {
            for (String garbage :
                    List.of("GET / HTTP/1.1\r\nHost: qlease\r\n\r\n", "QLBENCH\u0001\u0063 1234567 12345678")) {
                try (SocketChannel client = connect(server)) {
                    client.write(ByteBuffer.wrap(garbage.getBytes(StandardCharsets.ISO_8859_1)));
                    assertThat(rest(client)).isEmpty();
                }
            }
            try (SocketChannel client = connect(server)) {
                client.write(ByteBuffer.wrap(new Message(Message.Kind.READY, 0).encode()));
                assertThat(rest(client)).isEmpty();
            }
        }
    }

    @Test
    void anotherVersionIsTold() throws IOException {
        try (BenchServer server = serve(BenchServer.Limits.DEFAULTS);
                SocketChannel client = connect(server)) {
            client.write(ByteBuffer.wrap(new Message(9, Message.Kind.SINK, 5).encode()));
            assertThat(Message.decode(rest(client))).hasValue(new Message(Message.Kind.OTHER_VERSION, 0));
        }
    }

    @Test
    void aClientThatStallsIsGivenUpAndMakesRoom() throws IOException {
        BenchServer.Limits limits = new BenchServer.Limits(1, SHORT, SHORT, LONG);
        byte[] ready = new Message(Message.Kind.READY, 0).encode();
        try (BenchServer server = serve(limits)) {
            for (Message.Kind kind : List.of(Message.Kind.SINK, Message.Kind.SOURCE)) {
                try (SocketChannel client = awaitRoom(server)) {
                    client.write(ByteBuffer.wrap(new Message(kind, 1 << 30).encode()));
                    assertThat(rest(client)).isEqualTo(ready);
                }
            }
            try (SocketChannel silent = awaitRoom(server);
                    SocketChannel other = connect(server)) {
                assertThat(Message.decode(rest(other))).hasValue(new Message(Message.Kind.BUSY, 0));
                silent.write(ByteBuffer.wrap(new byte[5]));
                assertThat(rest(silent)).isEmpty();
            }
            // One that reads nothing of what it requested.
            try (SocketChannel client = awaitRoom(server)) {
                client.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
                client.write(ByteBuffer.wrap(new Message(Message.Kind.SOURCE, 1L << 40).encode()));
                assertThat(OrdinaryConnection.read(client, Message.SIZE)).isEqualTo(ready);
                client.write(ByteBuffer.wrap(new Message(Message.Kind.GO, 0).encode()));
                awaitRoom(server).close();
            }
        }
    }

    /** Connects once the server has no other connection, and returns one on which it awaits a request. */
    private SocketChannel awaitRoom(BenchServer server) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (System.nanoTime() < deadline) {
            SocketChannel client = connect(server);
            client.socket().setSoTimeout(100);
            try {
                if (client.socket().getInputStream().read() < 0) {
                    throw new AssertionError("closed without an answer");
                }
            } catch (SocketTimeoutException e) {
                return client;
            }
            client.close();
        }
        throw new AssertionError("the server has no room");
    }

    @Test
    void aConnectionEndsAfterTheLongestTimeHoweverMuchItMoves() throws IOException {
        BenchServer.Limits limits = new BenchServer.Limits(2, LONG, LONG, SHORT);
        try (BenchServer server = serve(limits)) {
            run(
                    server.address(),
                    "20",
                    runner -> assertThatExceptionOfType(CommandException.class)
                            .isThrownBy(() -> runner.sendOrdinarily(65_536, 1L << 40))
                            .withMessageStartingWith("transfer with 127.0.0.1:"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HTTP/1.1 400 Bad Request, Content-Length: 0 | is not qlease bench --serve: it sends something else",
                "SSH-2.0 | the connection ended after 7 bytes; qlease bench --serve must run there",
                "'' | the connection ended after 0 bytes; qlease bench --serve must run there"
            })
    void aServerOfAnotherKindIsSaid(String banner, String sentence) throws Exception {
        try (ServerSocketChannel server =
                OrdinaryConnection.open(sandbox.namespace(), loopback("127.0.0.1"), ServerSocketChannel::open)) {
            server.bind(loopback("127.0.0.1"));
            Thread answering = Thread.ofPlatform().start(() -> {
                try (SocketChannel client = server.accept()) {
                    client.read(ByteBuffer.allocate(Message.SIZE));
                    client.write(ByteBuffer.wrap(banner.getBytes(StandardCharsets.US_ASCII)));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            run(
                    (InetSocketAddress) server.getLocalAddress(),
                    "20",
                    runner -> assertThatExceptionOfType(CommandException.class)
                            .isThrownBy(() -> runner.sendOrdinarily(4096, 1))
                            .withMessageContaining(sentence)
                            .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.FAILED)));
            answering.join();
        }
    }

    @Test
    void aServerThatIsSilentOrNotThereIsSaid() throws IOException {
        InetSocketAddress address;
        try (ServerSocketChannel server =
                OrdinaryConnection.open(sandbox.namespace(), loopback("127.0.0.1"), ServerSocketChannel::open)) {
            server.bind(loopback("127.0.0.1"));
            address = (InetSocketAddress) server.getLocalAddress();
            String text = "127.0.0.1:" + address.getPort();
            run(
                    address,
                    "0.3",
                    runner -> assertThatExceptionOfType(CommandException.class)
                            .isThrownBy(() -> runner.receiveOrdinarily(4096, 1))
                            .withMessage("no answer from " + text + " for 0.3 s; wait longer with --timeout"));
        }
        run(
                address,
                "5",
                runner -> assertThatExceptionOfType(CommandException.class)
                        .isThrownBy(() -> runner.sendOrdinarily(4096, 1))
                        .withMessage("connect to 127.0.0.1:" + address.getPort()
                                + ": Connection refused; qlease bench --serve must run there, and be reachable"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--dev lo --to 127.0.0.1:9 | UNSUPPORTED | lo cannot send device memory: ",
                "--dev nix --to 127.0.0.1:9 | NOT_FOUND | no device \"nix\" in network namespace ",
                "--dev lo --to 127.0.0.1:9 --plot /nix/a.svg | FAILED | --plot /nix/a.svg cannot be written: there is no",
                "--dev lo --to 203.0.113.1:9 | FAILED | it cannot be reached through lo",
                "--dev lo --to 127.0.0.1:9 --chunk 0 | USAGE | --chunk is 1 byte to 1G",
                "--dev lo | USAGE | bench needs --to ADDR:PORT",
                "--to 127.0.0.1:9 | USAGE | bench needs --dev DEV",
                "--serve 127.0.0.1:0 --dev lo | USAGE | bench --serve takes no --dev",
                "--serve nix | USAGE | --serve nix: not an address and a port",
                "--serve 192.0.2.1:0 | FAILED | listening on 192.0.2.1:0: Cannot assign requested address"
            })
    void whatCannotBeIsSaidInOneSentence(String options, ExitCode exitCode, String sentence) {
        Ran ran = bench(options.split(" "));
        assertThat(ran.err()).startsWith("qlease: ").contains(sentence).hasLineCount(1);
        assertThat(ran.exitCode()).isEqualTo(exitCode);
        assertThat(ran.out()).isEmpty();
    }

    @Test
    void theServerSaysWhereItListens() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Thread serving = Thread.ofPlatform()
                .start(() -> new Qlease(new Output(out, out))
                        .run("bench", "--serve", "127.0.0.1:0", "--netns", sandbox.name()));
        while (out.size() == 0 && serving.isAlive()) {
            Thread.sleep(20);
        }
        String line = out.toString(StandardCharsets.UTF_8);
        assertThat(line).matches("listening on 127.0.0.1:\\d+\n");
        int port = Integer.parseInt(line.strip().replaceFirst(".*:", ""));
        run(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port),
                "20",
                runner -> assertThat(runner.sendOrdinarily(100, 1000).calls()).isGreaterThanOrEqualTo(10));
        serving.interrupt();
        serving.join();
    }
}
