package dev.qlease.cli.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.Qlease;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.fixture.Commands;
import dev.qlease.fixture.MachineState;
import dev.qlease.lease.Child;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.Leases;
import dev.qlease.rtnetlink.Sandbox;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands about wanted state, as their user sees them. */
@Tag("vm")
class OpsCommandsVmTest {
    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private Sandbox guest;
    private MachineState before;

    @BeforeAll
    static void prepare() {
        Child.prepare();
    }

    @BeforeEach
    void open() {
        guest = Sandbox.create();
        before = MachineState.read();
    }

    @AfterEach
    void close() {
        try (Leases leases = Leases.open()) {
            leases.list().forEach(info -> leases.delete(info.name()));
        }
        guest.close();
    }

    private String file() throws IOException {
        return Files.writeString(directory.resolve("a.yaml"), """
                        leases:
                          a:
                            nic: qnic0
                            netns: %s
                            addresses: [198.18.0.2/24]
                        """.formatted(guest.name()))
                .toString();
    }

    private String run(ExitCode expected, String... args) {
        out.reset();
        ExitCode exitCode = new Qlease(new Output(out, out)).run(args);
        String printed = out.toString(StandardCharsets.UTF_8);
        assertThat(exitCode).as(printed).isEqualTo(expected);
        return printed;
    }

    @Test
    void theCommandsExitAsTheySay() throws IOException {
        String file = file();
        assertThat(run(ExitCode.CHANGES, "plan", file)).startsWith("+ lease a: create, 1 queue of qnic0 to ");
        assertThat(run(ExitCode.FAILED, "verify", file)).contains("lease a: it does not exist");
        assertThat(run(ExitCode.DONE, "apply", file)).startsWith("+ lease a: create");
        assertThat(run(ExitCode.DONE, "plan", file)).isEqualTo("nothing to do\n");
        assertThat(run(ExitCode.DONE, "plan", "--json", file)).isEqualTo("{\"changes\":[],\"notes\":[]}\n");
        assertThat(run(ExitCode.DONE, "verify", file)).isEqualTo("all leases are as the files describe them\n");
        for (String json : List.of("", "--json")) {
            String export =
                    run(ExitCode.DONE, json.isEmpty() ? new String[] {"export"} : new String[] {"export", json});
            Path exported = Files.writeString(directory.resolve("export.yaml"), export);
            assertThat(run(ExitCode.DONE, "plan", exported.toString())).isEqualTo("nothing to do\n");
        }
        assertThat(run(ExitCode.DONE, "rollback")).contains("everything is as it was before the last apply");
        before.assertRestored();
        assertThat(run(ExitCode.FAILED, "rollback")).contains("nothing to roll back");
        assertThat(run(ExitCode.DONE, "history")).contains("apply by uid 0", ": applied\n    + lease a: create");
        assertThat(run(ExitCode.FAILED, "apply", "--confirm")).contains("no apply waits to be confirmed");
        assertThat(run(ExitCode.USAGE, "apply", "--confirm", file)).contains("--confirm takes no file");
        Files.writeString(directory.resolve("a.yaml"), "leases: {a: {nic: none, netns: none, redirect: none}}");
        assertThat(run(ExitCode.NOT_FOUND, "plan", file)).contains(file + ":1:10: leases.a.nic: no device \"none\"");
    }

    private static boolean isApplying() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/run/qlease/ops"), "state-*")) {
            for (Path file : files) {
                if (Files.readString(file).contains("\"APPLYING\"")) {
                    return true;
                }
            }
        } catch (NoSuchFileException e) {
            return false;
        }
        return false;
    }

    /** Kills the command, which applies, in the midst of its changes. */
    private static void killWhileItApplies(String... arguments) throws Exception {
        try (Child child = Child.qlease(arguments)) {
            while (child.process().isAlive() && !isApplying()) {
                Thread.sleep(5);
            }
            Thread.sleep(100);
            assertThat(child.process().isAlive()).isTrue();
        }
    }

    @Test
    void anApplyThatIsKilledWhileItMakesChangesIsRolledBackByTheNextCommand() throws Exception {
        killWhileItApplies("apply", file());
        assertThat(run(ExitCode.CHANGES, "plan", file()))
                .contains("+ lease a: create")
                .contains("the last apply was rolled back: its process died");
        before.assertRestored();
    }

    /** What is not confirmed is rolled back even if the process that applied it was killed. */
    @Test
    void aKilledApplyIsRolledBackInTime() throws Exception {
        List<String> errorsToo = List.of("sh", "-c", "exec \"$@\" 2>&1 >/dev/null", "sh");
        try (Child apply = Child.qlease(errorsToo, "apply", "--timeout", "3", file())) {
            assertThat(apply.line()).contains("run qlease apply --confirm to keep the changes");
        }
        try (Leases leases = Leases.open()) {
            assertThat(leases.find("a")).isPresent();
            await(() ->
                    run(ExitCode.DONE, "history").contains("it was not confirmed in time: everything was rolled back"));
            assertThat(leases.find("a")).isEmpty();
        }
        before.assertRestored();
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!condition.call()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    private static boolean isReady(String lease) {
        try (Leases leases = Leases.open()) {
            return leases.find(lease)
                    .filter(info -> info.status() == LeaseInfo.Status.READY)
                    .isPresent();
        }
    }

    @Test
    void aKilledWatchIsContinuedByTheNextAndEndsWithSuccessWhenItIsAskedTo() throws Exception {
        killWhileItApplies("watch", file());
        try (Child next = Child.qlease("watch", "--json", file())) {
            await(() -> isReady("a"));
            assertThat(next.line()).contains("\"event\":\"note\"", "the last apply was rolled back: its process died");
            assertThat(next.line()).contains("\"event\":\"change\"", "+ lease a: create");
            run(ExitCode.DONE, "lease", "delete", "a");
            assertThat(next.line()).contains("\"about\":\"lease a\"", "was deleted by another program");
            Commands.run("kill", "-HUP", Long.toString(next.process().pid()));
            await(() -> isReady("a"));
            next.process().destroy();
            assertThat(next.process().waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(next.process().exitValue()).isZero();
        }
        assertThat(run(ExitCode.DONE, "history")).contains("watch by uid 0", ": applied\n    + lease a: create");
        assertThat(run(ExitCode.DONE, "verify", file())).isEqualTo("all leases are as the files describe them\n");
    }
}
