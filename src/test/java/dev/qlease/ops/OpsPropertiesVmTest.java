package dev.qlease.ops;

import dev.qlease.fixture.MachineState;
import dev.qlease.linux.NetworkNamespace;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;

/**
 * What holds for all files in all states: an apply makes the machine as the file describes it, and applied again it
 * changes nothing; what is exported needs no changes; a rollback leads to the state before; and wherever a process dies,
 * the next call leads to the state before or to that after.
 */
class OpsPropertiesVmTest {
    private static @Nullable MachineState before;

    @BeforeContainer
    static void open() {
        before = MachineState.read();
        for (int i = 0; i < OpsSteps.GUESTS; i++) {
            NetworkNamespace.create(OpsSteps.GUEST + i).close();
        }
    }

    @AfterContainer
    static void close() {
        for (int i = 0; i < OpsSteps.GUESTS; i++) {
            NetworkNamespace.delete(OpsSteps.GUEST + i);
        }
        if (before != null) {
            before.assertRestored();
        }
    }

    @Provide
    Arbitrary<List<OpsStep>> sequences() {
        return OpsSteps.sequences();
    }

    private static void run(List<OpsStep> steps) {
        try (OpsModel model = new OpsModel()) {
            model.run(steps);
        }
    }

    @Property(tries = 8, seed = "1", shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    @Tag("vm")
    void fixedSequences(@ForAll("sequences") List<OpsStep> steps) {
        run(steps);
    }

    @Property(tries = 500, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    @Tag("nightly")
    void newSequences(@ForAll("sequences") List<OpsStep> steps) {
        run(steps);
    }
}
