package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.ethtool.Ethtool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** The emulated NIC qnic0 and the host as other programs see them, and what the NIC can be told to do wrong. */
final class Nic {
    private static final Path FAULTS = Path.of("/sys/kernel/debug/qnic/qnic.0");

    /** All that a lease may change, by programs that are not ours. What is asked for twice is told by its order. */
    private static final String STATE = """
            for what in g l x n; do ethtool -$what qnic0; done 2>&1
            ethtool -k qnic0 | grep -v fixed
            ip -details -oneline link
            ip rule; ip route show table all; ip -6 route show table all; ip neighbour show nud permanent
            ls /sys/fs/bpf; bpftool net show 2>&1
            grep -H . /proc/sys/net/ipv[46]/conf/*/*forwarding /proc/sys/net/ipv6/conf/*/accept_ra
            shopt -s nullglob
            for file in /run/qlease/*/*.json; do case $file in */shared.json) ;; *) echo "$file" ;; esac; done
            """;

    private Nic() {}

    /** Runs a command that has to succeed, and answers what it printed. */
    static String run(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor())
                    .as(String.join(" ", command) + "\n" + printed)
                    .isZero();
            return printed;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** All that a lease may change. */
    static String state() {
        return run("bash", "-c", STATE);
    }

    /** Waits until all is as it was: the link of a NIC whose rings were changed takes a moment to be up again. */
    static void assertIs(String before) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        List<String> changes = changesSince(before);
        while (!changes.isEmpty() && System.nanoTime() < deadline) {
            changes = changesSince(before);
        }
        assertThat(changes).as("what is not as it was").isEmpty();
    }

    private static List<String> changesSince(String before) {
        List<String> gone = new ArrayList<>(before.lines().toList());
        List<String> changes = new ArrayList<>();
        for (String line : state().lines().toList()) {
            if (!gone.remove(line)) {
                changes.add("now: " + line);
            }
        }
        gone.forEach(line -> changes.add("before: " + line));
        return changes;
    }

    /** Waits until {@code condition} holds, for at most 60 seconds. */
    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited 60 seconds until " + what).isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    /** Has the NIC go wrong, as ci/nic/src/faults.c tells; 0 ends that. */
    static void fault(String file, int value) {
        try {
            Files.writeString(FAULTS.resolve(file), Integer.toString(value));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One of the NIC's own statistics. */
    static long statistic(String name) {
        try (Ethtool ethtool = Ethtool.open()) {
            return ethtool.statistics("qnic0").stream()
                    .filter(statistic -> statistic.name().equals(name))
                    .findFirst()
                    .orElseThrow()
                    .value();
        }
    }

    /** Loads the NIC's module anew, as ci/nic/setup does with these options. Nothing may be bound to it. */
    static void reload(String options) {
        run("bash", "-ec", """
                ip netns del remote
                until rmmod qnic 2>/dev/null; do sleep 0.1; done
                ci/nic/setup %s
                while ip -6 address show tentative | grep -q .; do sleep 0.1; done
                """.formatted(options));
    }
}
