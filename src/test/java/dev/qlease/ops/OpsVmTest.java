package dev.qlease.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.fixture.MachineState;
import dev.qlease.lease.CrashingStore;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Sandbox;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Leases of files: applied as a whole or not at all, verified, exported and rolled back. */
@Tag("vm")
class OpsVmTest {
    private Sandbox blue;
    private Sandbox red;
    private Leases leases;
    private Ops ops;
    private MachineState before;

    @BeforeEach
    void open() {
        blue = Sandbox.create();
        red = Sandbox.create();
        leases = Leases.open();
        ops = Ops.open(NetworkNamespace.ofCaller());
        before = MachineState.read();
    }

    @AfterEach
    void close() {
        try {
            leases.list().forEach(info -> leases.delete(info.name()));
            before.assertRestored();
        } finally {
            ops.close();
            leases.close();
            red.close();
            blue.close();
        }
    }

    private static String lease(String name, Sandbox netns, String address, String more) {
        return "  " + name + ": {nic: qnic0, netns: " + netns.name() + ", addresses: [" + address + "]" + more + "}\n";
    }

    private String two() {
        return "leases:\n" + lease("a", blue, "198.18.0.2/24", "") + lease("b", red, "198.18.1.2/24", ", queues: [3]");
    }

    private WantedState wanted(String text) {
        try {
            return StateFilesTest.readAll(text);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private List<String> names() {
        return leases.list().stream().map(LeaseInfo::name).toList();
    }

    @Test
    void whatIsAppliedIsAsItIsWantedUntilItIsRolledBack() {
        WantedState two = wanted(two());
        assertThat(ops.plan(two).lines()).hasSize(2).allMatch(line -> line.startsWith("+ lease "));
        assertThat(ops.verify(two)).hasSize(2).allMatch(line -> line.contains("it does not exist"));
        ops.apply(two, Optional.empty());
        assertThat(names()).containsExactly("a", "b");
        assertThat(ops.plan(two)).isEqualTo(new Plan(List.of(), List.of(), List.of()));
        assertThat(ops.verify(two)).isEmpty();
        assertThat(ops.apply(two, Optional.empty()).plan().isEmpty()).isTrue();

        Export export = ops.export();
        assertThat(export.notes()).isEmpty();
        assertThat(ops.plan(wanted(export.yaml())).isEmpty()).isTrue();

        List<LeaseInfo> first = leases.list();
        WantedState other = wanted("leases:\n" + lease("b", red, "198.18.1.3/24", ""));
        assertThat(ops.plan(other).lines())
                .containsExactly(
                        "- lease a: delete",
                        "~ lease b: delete and create again",
                        "    addresses: 198.18.1.2/24 -> 198.18.1.3/24");
        ops.apply(other, Optional.empty());
        assertThat(names()).containsExactly("b");
        ops.rollback();
        assertThat(leases.list())
                .extracting(LeaseInfo::id)
                .isEqualTo(first.stream().map(LeaseInfo::id).toList());
        assertThat(ops.verify(two)).isEmpty();
        assertThatThrownBy(ops::rollback).isInstanceOf(OpsException.class).hasMessageContaining("nothing to roll back");
        assertThat(ops.history()).extracting(HistoryEntry::command).endsWith("apply", "apply", "rollback");
        ops.apply(wanted("leases: {}"), Optional.empty());
        before.assertRestored();
    }

    @Test
    void aLeaseThatFailsUndoesThoseBeforeIt() {
        String clash = "leases:\n" + lease("a", blue, "198.18.0.2/24", "") + lease("b", blue, "198.18.1.2/24", "");
        assertThatThrownBy(() -> ops.apply(wanted(clash), Optional.empty()))
                .isInstanceOf(OpsException.class)
                .hasMessageContaining("there is a device nk0 in")
                .hasMessageContaining("everything was rolled back");
        assertThat(names()).isEmpty();
        before.assertRestored();
        assertThat(ops.history().getLast().outcome()).startsWith("failed: ");
    }

    @Test
    void nicsArePreparedBeforeLeasesAndPutBack() {
        String nics = "nics: {qnic0: {rx-ring: 256, combined: 3, tcp-data-split: on}}\n";
        WantedState both = wanted(nics + "leases:\n" + lease("a", blue, "198.18.0.2/24", ""));
        assertThat(ops.plan(both).lines()).contains("~ nic qnic0", "    rx-ring: 512 -> 256", "    combined: 4 -> 3");
        ops.apply(both, Optional.empty());
        assertThat(ops.plan(both)).isEqualTo(new Plan(List.of(), List.of(), List.of()));
        assertThat(ops.verify(both)).isEmpty();
        ops.rollback();
        before.assertRestored();
        assertThat(ops.verify(both)).contains("nic qnic0: rx-ring is 512, not 256; qlease apply changes that");
        WantedState contradiction =
                wanted("nics: {qnic0: {tcp-data-split: off}}\nleases:\n" + lease("a", blue, "198.18.0.2/24", ""));
        assertThatThrownBy(() -> ops.plan(contradiction))
                .isInstanceOf(InvalidFileException.class)
                .hasMessageContaining("lease a needs on, not off");
        // The kernel refuses the ring only when it is set.
        WantedState tooLarge = wanted("nics: {qnic0: {rx-ring: 1000000000}}");
        assertThatThrownBy(() -> ops.apply(tooLarge, Optional.empty()))
                .hasMessageContaining("everything was rolled back");
    }

    @Test
    void leasesOfOthersAreLeftAlone() {
        LeaseSpec spec = LeaseSpec.of("qnic0", red.namespace())
                .host("theirs")
                .address(IpPrefix.parse("198.18.1.2/24"))
                .build();
        String id = leases.create(spec).keep().info().id();
        WantedState one = wanted("leases:\n" + lease("a", blue, "198.18.0.2/24", ""));
        assertThat(ops.apply(one, Optional.empty()).plan().notes())
                .singleElement()
                .asString()
                .contains("lease theirs is in no file");
        ops.apply(wanted("leases: {}"), Optional.empty());
        assertThat(names()).containsExactly("theirs");
        assertThat(ops.plan(wanted(ops.export().yaml())).isEmpty()).isTrue();
        // A file that names it makes it what the file says, and a rollback makes it what it was.
        ops.apply(wanted("leases:\n" + lease("theirs", red, "198.18.1.3/24", "")), Optional.empty());
        ops.rollback();
        assertThat(leases.find("theirs")).hasValueSatisfying(info -> {
            assertThat(info.id()).isEqualTo(id);
            assertThat(info.addresses()).containsExactly("198.18.1.2/24");
        });
        assertThat(ops.apply(wanted("leases: {}"), Optional.empty()).plan().isEmpty())
                .isTrue();
    }

    /** The process dies before so many steps of creating or deleting leases; the next call undoes what it did. */
    @ParameterizedTest
    @ValueSource(ints = {0, 4, 14, 27})
    void aDeadApplyIsUndone(int points) {
        ops.apply(wanted("leases:\n" + lease("b", red, "198.18.1.2/24", "")), Optional.empty());
        List<String> ids = leases.list().stream().map(LeaseInfo::id).toList();
        // Deletes b and creates a.
        WantedState next = wanted("leases:\n" + lease("a", blue, "198.18.1.2/24", ""));
        NetworkNamespace home = NetworkNamespace.current();
        try (Ops dying =
                new Ops(home, CrashingStore.leases(points), new Journal(Journal.ROOT, home.cookie()), _ -> {})) {
            assertThatThrownBy(() -> dying.apply(next, Optional.empty())).isInstanceOf(CrashingStore.Crash.class);
        }
        ops.recover();
        assertThat(leases.list()).singleElement().satisfies(info -> {
            assertThat(List.of(info.id())).isEqualTo(ids);
            assertThat(info.status()).isEqualTo(LeaseInfo.Status.READY);
        });
        assertThat(ops.history().getLast().outcome()).isEqualTo("its process died: everything was rolled back");
        ops.rollback();
    }

    /** The process dies before so many writes of its own journal. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aDeathAroundTheJournalIsUndone(int writes) {
        NetworkNamespace home = NetworkNamespace.current();
        Journal journal = new Journal(Journal.ROOT, home.cookie()) {
            private int left = writes;

            @Override
            void reached(String point) {
                if (left-- == 0) {
                    throw new AssertionError(point);
                }
            }
        };
        WantedState one = wanted("leases:\n" + lease("a", blue, "198.18.0.2/24", ""));
        try (Ops dying = new Ops(home, Leases.open(), journal, _ -> {})) {
            assertThatThrownBy(() -> dying.apply(one, Optional.empty())).isInstanceOf(AssertionError.class);
        }
        assertThat(ops.plan(one).lines()).hasSize(1);
        before.assertRestored();
    }

    @Test
    void whatIsNotConfirmedInTimeIsPutBack() throws Exception {
        WantedState one = wanted("leases:\n" + lease("a", blue, "198.18.0.2/24", ""));
        String id = ops.apply(one, Optional.of(Duration.ofMinutes(5))).id().orElseThrow();
        assertThat(ops.plan(one).notes()).singleElement().asString().contains("qlease apply --confirm");
        assertThatThrownBy(() -> ops.apply(one, Optional.empty())).hasMessageContaining("unless it is confirmed");
        ops.confirm();
        assertThat(ops.isConfirmed(id)).isTrue();
        assertThatThrownBy(ops::confirm).hasMessageContaining("no apply waits to be confirmed");
        ops.apply(wanted("leases: {}"), Optional.of(Duration.ofMillis(1)));
        Thread.sleep(10);
        assertThatThrownBy(ops::confirm).hasMessageContaining("no apply waits to be confirmed");
        assertThat(names()).containsExactly("a");
        ops.apply(wanted("leases: {}"), Optional.empty());
    }
}
