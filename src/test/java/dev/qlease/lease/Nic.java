package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.ethtool.Ethtool;
import dev.qlease.fixture.Commands;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** The emulated NIC qnic0, and what it can be told to do wrong. */
final class Nic {
    private static final Path FAULTS = Path.of("/sys/kernel/debug/qnic/qnic.0");

    private Nic() {}

    /** Waits until {@code condition} holds, for at most 60 seconds. */
    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited 60 seconds until " + what).isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    /** Has the NIC go wrong in a way that src/nic/README.md lists; 0 ends that. */
    static void fault(String file, int value) {
        try {
            Files.writeString(FAULTS.resolve(file), Integer.toString(value));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its number, which it gets anew when it is replugged, and may when it is moved. */
    static int ifindex() {
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            return rtnetlink.links().get("qnic0").ifindex();
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
        Commands.script("""
                ip netns del remote
                until rmmod qnic 2>/dev/null; do sleep 0.1; done
                ci/nic/setup %s
                while ip -6 address show tentative | grep -q .; do sleep 0.1; done
                """.formatted(options));
    }
}
