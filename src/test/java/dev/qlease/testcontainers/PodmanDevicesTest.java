package dev.qlease.testcontainers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.devmem.ReceivePeer;
import dev.qlease.fixture.Commands;
import dev.qlease.fixture.MachineState;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.Leases;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Containers that podman gives a leased queue as a CDI device. */
@Tag("containers")
@Timeout(300)
class PodmanDevicesTest {
    private static final String NIC = "qnic0";
    private static final String GUEST = "198.18.0.2";
    private static final Path SPEC = Path.of("/etc/cdi/qlease.json");
    private static final String ADDRESS = "--annotation=qlease.dev/addresses=" + GUEST + "/24";
    private static final List<String> WAIT = List.of("sleep", "infinity");

    @TempDir
    private Path work;

    private String qlease;
    private String deferMax;
    private MachineState before;
    private Peer peer;

    @BeforeEach
    void open() throws IOException {
        Assumptions.assumeTrue(
                Commands.outcome("podman", "--version").status() == 0,
                "podman is not installed; docker has no CDI here");
        Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxrwxrwx"));
        qlease = GuestImage.HOME + "/bin/qlease";
        deferMax = NicView.deferMax("0");
        before = MachineState.read();
        assertThat(Commands.run(qlease, "cdi", "generate")).isEqualTo(SPEC + ": qlease.dev/nic=" + NIC + "\n");
        peer = Peer.of(NIC);
    }

    @AfterEach
    void close() throws IOException {
        Commands.outcome("podman", "rm", "--all", "--force", "--time=0");
        peer.close();
        Files.deleteIfExists(SPEC);
        NicView.deferMax(deferMax);
        try (Leases leases = Leases.open()) {
            leases.list().forEach(lease -> leases.delete(lease.name()));
        }
    }

    private Commands.Outcome podmanRun(List<String> options, List<String> command) throws IOException {
        List<String> words = new ArrayList<>(List.of("podman", "run"));
        words.addAll(GuestImage.podmanOptions(work));
        // podman refuses two modes.
        if (options.stream().anyMatch(option -> option.startsWith("--network="))) {
            words.remove("--network=none");
        }
        words.add("--device=qlease.dev/nic=" + NIC);
        words.addAll(options);
        words.add(GuestImage.NAME);
        words.addAll(command);
        return Commands.outcome(words.toArray(String[]::new));
    }

    private static String started(Commands.Outcome run) {
        assertThat(run.status()).as(run.output()).isZero();
        return run.output().lines().toList().getLast();
    }

    private static List<LeaseInfo> leases() {
        try (Leases leases = Leases.open()) {
            return leases.list();
        }
    }

    private void assertNothingIsLeft() {
        assertThat(leases()).isEmpty();
        before.assertRestored();
    }

    @Test
    void anUnprivilegedUserSendsAndNothingIsLeftWhenItIsRemoved() throws Exception {
        byte[] bytes = ReceivePeer.bytes(1_000_003);
        Files.write(work.resolve("bytes"), bytes);
        String id = started(podmanRun(List.of("--detach", "--user=65534:65534", ADDRESS), WAIT));
        assertThat(leases()).singleElement().satisfies(lease -> {
            assertThat(lease.owner().orElseThrow()).matches("oci:" + id + ":" + NIC + ":[0-9a-f]{16}");
            assertThat(lease.addresses()).containsExactly(GUEST + "/24");
            assertThat(lease.status()).isEqualTo(LeaseInfo.Status.READY);
        });
        assertThat(Commands.run("podman", "exec", id, "cat", "/proc/net/fib_trie"))
                .contains(GUEST);
        try (ServerSocketChannel server = peer.listen()) {
            CompletableFuture<byte[]> received = ContainerTraffic.accept(server);
            String to = Peer.text(server);
            String sent = Commands.run(
                    "podman", "exec", id, qlease, "send", "--dev", "nk0", "--to", to, "--json", "/data/bytes");
            assertThat(sent).contains("\"bytes\":" + bytes.length + ",", "\"copied\":0");
            assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(bytes);
        }
        Commands.run("podman", "rm", "--force", "--time=0", id);
        assertNothingIsLeft();
    }

    @Test
    void aContainerReceivesAndNothingIsLeftWhenItEnds() throws Exception {
        byte[] bytes = ReceivePeer.bytes(500_009);
        List<String> options = List.of("--rm", "--cap-add=NET_ADMIN", ADDRESS);
        List<String> command = List.of(
                qlease,
                "receive",
                "--dev",
                "nk0",
                "--listen",
                GUEST + ":" + ContainerTraffic.PORT,
                "--memory",
                "udmabuf",
                "--out",
                "/data/received",
                "--json");
        CompletableFuture<Commands.Outcome> receiving = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return podmanRun(options, command);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                ReceivePeer.THREADS);
        try (SocketChannel connection = peer.connect(GUEST, ContainerTraffic.PORT, receiving)) {
            ReceivePeer.send(connection, bytes, 1 << 16).get(60, TimeUnit.SECONDS);
            Commands.Outcome received = receiving.get(120, TimeUnit.SECONDS);
            assertThat(received.status()).as(received.output()).isZero();
            assertThat(received.output()).contains("\"dmabuf-bytes\":" + bytes.length + ",\"linear-bytes\":0");
        }
        assertThat(Files.readAllBytes(work.resolve("received"))).isEqualTo(bytes);
        assertNothingIsLeft();
    }

    @Test
    void aContainerThatCannotHaveALeaseDoesNotStartAndTheReasonIsPrinted() throws Exception {
        // crun discards what hooks print.
        hook("exec %s \"$@\" 2>>%s".formatted(qlease, work.resolve("messages")));
        assertRefused("the container has no address for qnic0: start it with --annotation", List.of());
        assertRefused("shares the host's network namespace", List.of(ADDRESS, "--network=host"));
        String spec = Files.readString(SPEC);
        String gone = spec.replaceAll(
                "permanent-address\\\\\":\\\\\"[0-9a-f:]+", "permanent-address\\\\\":\\\\\"02:00:00:00:99:99");
        assertThat(gone).isNotEqualTo(spec);
        Files.writeString(SPEC, gone);
        assertRefused("no device with permanent-address 02:00:00:00:99:99", List.of(ADDRESS));
        assertNothingIsLeft();
    }

    /** Has the hooks run a script instead of the command. */
    private void hook(String script) throws IOException {
        Path hook = Files.writeString(work.resolve("hook"), "#!/bin/sh\n" + script);
        assertThat(hook.toFile().setExecutable(true)).isTrue();
        Files.writeString(SPEC, Files.readString(SPEC).replace('"' + qlease + '"', "\"" + hook + '"'));
    }

    private void assertRefused(String reason, List<String> options) throws IOException {
        Path messages = Files.writeString(work.resolve("messages"), "");
        Commands.Outcome run = podmanRun(options, WAIT);
        assertThat(run.status()).as(run.output()).isNotZero();
        assertThat(Files.readString(messages))
                .as(run.output())
                .startsWith("qlease: ")
                .contains(reason)
                .hasLineCount(1);
        Commands.run("podman", "rm", "--all", "--force", "--time=0");
    }

    @Test
    void aHookThatIsKilledLeavesNothingAndTheContainerStartsTheNextTime() throws Exception {
        Path limit = work.resolve("limit");
        hook("""
                [ "$3" = createRuntime ] && exec timeout -s KILL "$(cat %s)" %s "$@"
                exec %s "$@"
                """.formatted(limit, qlease, qlease));
        Files.writeString(limit, "300");
        long start = System.nanoTime();
        String id = started(podmanRun(List.of("--detach", ADDRESS), WAIT));
        double whole = (System.nanoTime() - start) / 1e9;
        Commands.run("podman", "stop", "--time=0", id);
        assertNothingIsLeft();
        for (double part : List.of(0.4, 0.6, 0.8)) {
            Files.writeString(limit, Double.toString(whole * part));
            Commands.outcome("podman", "start", id);
            Commands.run("podman", "stop", "--time=0", id);
            // No hook runs for a container that did not start; the next start deletes what is left.
            assertThat(leases()).allSatisfy(lease -> assertThat(lease.status()).isNotEqualTo(LeaseInfo.Status.READY));
        }
        Files.writeString(limit, "300");
        Commands.run("podman", "start", id);
        assertThat(leases()).hasSize(1);
        Commands.run("podman", "rm", "--force", "--time=0", id);
        assertNothingIsLeft();
    }
}
