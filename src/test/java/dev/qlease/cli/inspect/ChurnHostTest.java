package dev.qlease.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.Qlease;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import dev.qlease.rtnetlink.Sandbox;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists and the monitor in a namespace whose devices come and go all the time. */
@Tag("host")
@Timeout(120)
class ChurnHostTest {
    private static final int STEADY = 40;
    private static final int ROUNDS = 10;

    private final CountDownLatch changed = new CountDownLatch(1);
    private final CompletableFuture<Integer> changes = new CompletableFuture<>();
    private Sandbox sandbox;
    private Thread churning;

    @BeforeEach
    void churn() throws InterruptedException {
        sandbox = Sandbox.create();
        for (int i = 0; i < STEADY; i++) {
            sandbox.rtnl().links().create(LinkSpec.named("s" + i).kind("bridge"));
        }
        sandbox.rtnl().links().up(sandbox.veth("a0", "b0").ifindex());
        churning = Thread.ofPlatform().start(() -> {
            int count = 0;
            try (Rtnetlink rtnl = Rtnetlink.open(sandbox.namespace())) {
                while (!Thread.currentThread().isInterrupted()) {
                    Link pair = rtnl.links().create(LinkSpec.named("c0").veth(LinkSpec.named("d0")));
                    rtnl.links().up(pair.ifindex());
                    rtnl.links().delete(pair.ifindex());
                    count++;
                    changed.countDown();
                }
                changes.complete(count);
            } catch (RuntimeException e) {
                changes.completeExceptionally(e);
            }
        });
        assertThat(changed.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @AfterEach
    void close() throws InterruptedException {
        if (sandbox != null) {
            if (churning != null) {
                churning.interrupt();
                churning.join();
            }
            sandbox.close();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"links", "queues", "napi", "stats", "page-pools", "links --json", "queues a0", "lease list"})
    void aListIsWholeOrComesWithAWarning(String command) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            List<String> line = new ArrayList<>(List.of(command.split(" ")));
            line.add("--netns=" + sandbox.name());
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            ExitCode exitCode = new Qlease(new Output(out, err)).run(line.toArray(String[]::new));
            String told = err.toString(StandardCharsets.UTF_8);
            if (exitCode == ExitCode.FAILED) {
                assertThat(told).contains("the list changed while it was read");
            } else if (exitCode != ExitCode.UNSUPPORTED) {
                assertThat(exitCode).as(told).isEqualTo(ExitCode.DONE);
            }
            if (command.startsWith("links")) {
                assertThat(out.toString(StandardCharsets.UTF_8)).contains("s0", "s" + (STEADY - 1), "a0");
            }
        }
        churning.interrupt();
        assertThat(changes.get()).isPositive();
    }

    @Test
    void theMonitorForgetsDevicesThatAreGone() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Target target = Target.open(sandbox.name(), null)) {
            Monitor monitor = new Monitor(target, false, new Output(out, OutputStream.nullOutputStream()));
            monitor.run(Optional.of(Duration.ofSeconds(3)));
            long heard = out.toString(StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.contains(" dellink "))
                    .count();
            assertThat(heard).isGreaterThan(10);
            // The loopback device, the steady ones and a pair, and at most one pair that comes or goes.
            assertThat(monitor.known()).isLessThanOrEqualTo(1 + STEADY + 2 + 2);
        }
    }
}
