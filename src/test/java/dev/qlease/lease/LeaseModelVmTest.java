package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.fixture.Commands;
import dev.qlease.fixture.MachineState;
import dev.qlease.rtnetlink.Rtnetlink;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random sequences of leases and of all that happens around them. The property {@code qlease.model.sequences}, or the
 * environment's QLEASE_MODEL_SEQUENCES, says how many; {@code qlease.model.seed} or QLEASE_MODEL_SEED gives the seed of
 * the first, from which the others count on, and alone runs one sequence. A failure prints the seed of its sequence.
 */
@Tag("vm")
class LeaseModelVmTest {
    private static final String SEQUENCES = "qlease.model.sequences";
    private static final String SEED = "qlease.model.seed";

    private static final long USUAL = 100;

    private static Optional<Long> setting(String name) {
        return Optional.ofNullable(System.getProperty(name))
                .or(() -> Optional.ofNullable(
                        System.getenv(name.toUpperCase(Locale.ROOT).replace('.', '_'))))
                .map(Long::valueOf);
    }

    @Test
    void noSequenceLeavesATraceOrTakesWhatIsAnothers() {
        Optional<Long> seed = setting(SEED);
        long sequences = setting(SEQUENCES).orElse(seed.isPresent() ? 1 : USUAL);
        assertThat(sequences).isPositive();
        long first = seed.orElseGet(System::nanoTime);
        renewNic();
        MachineState before = MachineState.read();
        long began = System.nanoTime();
        try (ModelWorkers workers = new ModelWorkers(sequences);
                LeaseModel model = new LeaseModel(workers)) {
            for (int i = 0; i < sequences; i++) {
                run(model, first + i);
            }
            System.out.printf(
                    "%d sequences from seed %d in %.1f s: %s%n",
                    sequences, first, (System.nanoTime() - began) / 1e9, model.statistics());
        }
        before.assertRestored();
    }

    /**
     * Replugs the NIC, as the model will: it then has the features that it comes with, also where a test before has
     * taken one for good, as attaching an XDP program does with hardware GRO.
     */
    private static void renewNic() {
        try (Rtnetlink rtnetlink = Rtnetlink.open();
                ModelNicPlace nic = new ModelNicPlace(rtnetlink)) {
            nic.replug();
        }
        Commands.script("""
                for i in $(seq 300); do
                    if [ "$(cat /sys/class/net/qnic0/operstate)" = up ] &&
                        ip -6 address show dev qnic0 scope link -tentative | grep -q inet6; then exit; fi
                    sleep 0.1
                done
                echo "qnic0 has no link-local address yet"; exit 1""");
    }

    private static void run(LeaseModel model, long seed) {
        try {
            model.run(seed);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(
                    "-D" + SEED + "=" + seed + " replays this:\n  " + String.join("\n  ", model.log()) + "\n"
                            + e.getMessage(),
                    e);
        }
    }
}
