package dev.qlease.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.args.Command;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.Sandbox;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code --netns} names and is no network namespace, in every command that takes it. */
@Tag("host")
@Timeout(60)
class NetnsOptionHostTest {
    private final String stale = "qlease-stale-" + ProcessHandle.current().pid();

    @TempDir
    private Path directory;

    private Sandbox sandbox;

    @BeforeEach
    void open() throws IOException {
        // Makes sure that there is a directory of namespaces.
        sandbox = Sandbox.create();
        Files.createFile(NetworkNamespace.NAMES.resolve(stale));
    }

    @AfterEach
    void close() {
        if (sandbox != null) {
            NetworkNamespace.delete(stale);
            sandbox.close();
        }
    }

    static Stream<List<String>> commands() {
        Stream<List<String>> all = Stream.of(Command.values())
                .filter(command -> command != Command.LEASE && command.options().contains(Option.NETNS))
                .map(NetnsOptionHostTest::line);
        return Stream.concat(all, Stream.of(List.of("completion", "devices"), List.of("completion", "leases")));
    }

    private static List<String> line(Command command) {
        List<String> line = new ArrayList<>(List.of(command.text().split(" ")));
        switch (command) {
            case PLAN, APPLY, VERIFY -> line.add("src/test/resources/ops/none.yaml");
            case SEND -> line.addAll(List.of("/dev/null", "--dev=lo", "--to=192.0.2.1:80"));
            case RECEIVE -> line.addAll(List.of("--out=/dev/null", "--dev=lo", "--listen=192.0.2.1:80"));
            case BENCH -> line.addAll(List.of("--dev=lo", "--to=192.0.2.1:80"));
            case LEASE_CREATE -> line.addAll(List.of("--nic=lo", "--address=192.0.2.9/24"));
            case LEASE_SHOW, LEASE_VERIFY, LEASE_DELETE -> line.add("ql0");
            case MONITOR -> line.add("--duration=1");
            default -> {}
        }
        return line;
    }

    private static void isNotFound(List<String> command, String netns, String sentence) throws IOException {
        List<String> line = new ArrayList<>(List.of("--netns=" + netns));
        line.addAll(command);
        Ran ran = Ran.of(line);
        assertThat(ran.sentence()).isEqualTo(sentence);
        assertThat(ran.exitCode()).as(netns).isEqualTo(ExitCode.NOT_FOUND);
        if (command.getFirst().equals(Command.METRICS.text())) {
            // Metrics have a format of their own.
            return;
        }
        line.addFirst("--json");
        Ran json = Ran.of(line);
        assertThat(json.jsonSentence()).isEqualTo(sentence);
        assertThat(json.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void whatIsNoNetworkNamespaceIsNotFoundAtOnce(List<String> command) throws Exception {
        Path fifo = directory.resolve("fifo");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                .isZero();
        Path socket = directory.resolve("socket");
        try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listening.bind(UnixDomainSocketAddress.of(socket));
            for (Path wrong : List.of(
                    Files.createFile(directory.resolve("plain")),
                    fifo,
                    directory,
                    socket,
                    Files.createSymbolicLink(directory.resolve("link"), fifo),
                    Path.of("/dev/null"),
                    Path.of("/proc/self/ns/mnt"),
                    NetworkNamespace.NAMES.resolve(stale))) {
                isNotFound(command, wrong.toString(), wrong + " is no network namespace");
            }
            isNotFound(command, stale, stale + " is no network namespace");
        }
        Path dangling = Files.createSymbolicLink(directory.resolve("dangling"), directory.resolve("nothing"));
        for (String gone : List.of(dangling.toString(), stale + "-not", "2147483647", "99999999999999999999")) {
            isNotFound(
                    command,
                    gone,
                    "no network namespace \"" + gone + "\": give a name below " + NetworkNamespace.NAMES
                            + ", a path with a slash in it, or the PID of a process");
        }
    }
}
