package dev.qlease.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.RingsChange;
import dev.qlease.fixture.NicState;
import dev.qlease.lease.CrashingStore;
import dev.qlease.lease.LeaseException;
import dev.qlease.lease.LeaseRefusedException;
import dev.qlease.lease.Leases;
import dev.qlease.lease.NicSetting;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netdev.Netdev;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs the steps of a sequence, and checks what must hold after each. */
final class OpsModel implements AutoCloseable {
    private static final String NIC = "qnic0";

    private final NetworkNamespace home = NetworkNamespace.current();
    private final Leases leases = Leases.open();
    private final Ops ops = new Ops(home.dup(), leases, new Journal(Journal.ROOT, home.cookie()), _ -> {});
    private final Ethtool ethtool = Ethtool.open();
    private final Netdev netdev = Netdev.open();
    private final Rtnetlink rtnetlink = Rtnetlink.open();
    private final Link nic = rtnetlink.links().get(NIC);
    private final Map<NicSetting, String> settings = leases.settings(nic);
    private final NicState initial = nic();

    /** To what a rollback leads; empty if there is none, or if changes were made by hand since. */
    private Optional<Snapshot> target = Optional.empty();

    /**
     * A state of the machine.
     *
     * @param leases the leases that exist as a whole
     * @param nic the settings of the NIC; empty if they cannot be restored, since a lease does not exist as a whole
     */
    private record Snapshot(List<String> leases, Optional<String> nic) {}

    private NicState nic() {
        return NicState.read(ethtool, netdev, nic.ifindex(), NIC);
    }

    private List<ActualLease> actual() {
        try (Machine machine = new Machine(leases, home)) {
            return machine.leases();
        }
    }

    private Snapshot snapshot() {
        List<ActualLease> there = actual();
        return new Snapshot(
                there.stream()
                        .filter(ActualLease::isWhole)
                        .map(lease -> lease.id() + " " + lease.state())
                        .toList(),
                there.stream().allMatch(ActualLease::isWhole) ? Optional.of(nic().withoutNumbers()) : Optional.empty());
    }

    private void assertIs(Snapshot expected, String when) {
        Snapshot now = snapshot();
        assertThat(now.leases()).as("leases %s", when).isEqualTo(expected.leases());
        if (expected.nic().isPresent()) {
            assertThat(now.nic()).as("NIC %s", when).isEqualTo(expected.nic());
        }
    }

    private static WantedState wanted(String file) {
        try {
            return StateFilesTest.readAll(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Journal.Content journal() {
        return new Journal(Journal.ROOT, home.cookie()).read();
    }

    void run(List<OpsStep> steps) {
        steps.forEach(this::run);
        end();
    }

    private void run(OpsStep step) {
        switch (step) {
            case OpsStep.Apply(String file) -> apply(file);
            case OpsStep.ApplyWithTimeout(String file, OpsStep.Ending ending) -> applyWithTimeout(file, ending);
            case OpsStep.DyingApply(String file, List<OpsStep.Death> deaths, OpsStep.Next next) ->
                dying(deaths, next, file, true, dead -> dead.apply(wanted(file), Optional.empty()));
            case OpsStep.Rollback() -> rollback();
            case OpsStep.DyingRollback(List<OpsStep.Death> deaths, OpsStep.Next next) ->
                dying(deaths, next, "leases: {}", false, Ops::rollback);
            case OpsStep.CreateByHand(String file) -> createByHand(file);
            case OpsStep.DeleteByHand(int which) -> deleteByHand(which);
            case OpsStep.RingByHand(int descriptors) -> {
                ethtool.setRings(nic.ifindex(), RingsChange.NONE.rx(descriptors));
                target = Optional.empty();
            }
            case OpsStep.RenewGuest(int which) -> {
                NetworkNamespace.delete(OpsSteps.GUEST + which);
                NetworkNamespace.create(OpsSteps.GUEST + which).close();
                target = Optional.empty();
            }
        }
    }

    /** Returns whether the work was done; if it was refused or failed, nothing has changed. */
    private boolean succeeds(Runnable work) {
        Snapshot before = snapshot();
        try {
            work.run();
            return true;
        } catch (OpsException e) {
            assertThat(e.notUndone()).as("%s", e.getMessage()).isEmpty();
            assertIs(before, "after " + e.getMessage());
        } catch (InvalidFileException | LeaseRefusedException | LeaseException | LinuxException e) {
            assertIs(before, "after " + e.getMessage());
        }
        return false;
    }

    private void apply(String file) {
        WantedState state = wanted(file);
        Snapshot before = snapshot();
        List<ActualLease> leasesBefore = actual();
        List<String> own = journal().own();
        Ops.Outcome[] outcome = new Ops.Outcome[1];
        if (succeeds(() -> outcome[0] = ops.apply(state, Optional.empty()))) {
            if (!outcome[0].plan().isEmpty()) {
                target = Optional.of(before);
                assertThat(actual())
                        .extracting(ActualLease::id)
                        .containsAll(journal().own());
            }
            assertApplied(state);
            leasesBefore.stream()
                    .filter(lease -> !own.contains(lease.id()))
                    .filter(lease -> state.leases().stream()
                            .noneMatch(other -> other.name().equals(lease.name())))
                    .forEach(lease ->
                            assertThat(actual()).extracting(ActualLease::id).contains(lease.id()));
        }
    }

    private void assertApplied(WantedState state) {
        Snapshot after = snapshot();
        assertThat(ops.plan(state).lines()).isEmpty();
        List<String> problems =
                actual().stream().flatMap(lease -> lease.problems().stream()).toList();
        assertThat(ops.verify(state)).allMatch(line -> problems.stream().anyMatch(line::contains));
        assertThat(ops.apply(state, Optional.empty()).plan().isEmpty()).isTrue();
        Export export = ops.export();
        assertThat(ops.plan(wanted(export.yaml())).isEmpty())
                .as("%s", export.yaml())
                .isTrue();
        assertIs(after, "after it was applied again");
    }

    private void applyWithTimeout(String file, OpsStep.Ending ending) {
        WantedState state = wanted(file);
        Snapshot before = snapshot();
        Optional<Snapshot> targetBefore = target;
        Ops.Outcome[] outcome = new Ops.Outcome[1];
        Duration timeout = ending == OpsStep.Ending.EXPIRE ? Duration.ofMillis(1) : Duration.ofMinutes(5);
        if (!succeeds(() -> outcome[0] = ops.apply(state, Optional.of(timeout)))
                || outcome[0].plan().isEmpty()) {
            return;
        }
        if (ending == OpsStep.Ending.CONFIRM) {
            assertThatThrownBy(() -> ops.apply(state, Optional.empty())).isInstanceOf(OpsException.class);
            ops.confirm();
            target = Optional.of(before);
            assertApplied(state);
            return;
        }
        if (ending == OpsStep.Ending.ROLLBACK) {
            ops.rollback();
        } else {
            sleep();
            ops.recover();
        }
        assertIs(before, "after " + ending);
        target = targetBefore;
    }

    private static void sleep() {
        try {
            Thread.sleep(5);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void rollback() {
        if (journal().applied().isEmpty()) {
            assertThatThrownBy(ops::rollback).isInstanceOf(OpsException.class).hasMessageContaining("nothing to roll");
            return;
        }
        try {
            ops.rollback();
            target.ifPresent(before -> assertIs(before, "after a rollback"));
        } catch (OpsException e) {
            assertThat(target).as("%s", e.getMessage()).isEmpty();
        }
        target = Optional.empty();
    }

    private interface Work {
        void run(Ops by);
    }

    private Ops dying(OpsStep.Death death) {
        if (death.inLease()) {
            return new Ops(
                    home.dup(),
                    CrashingStore.leases(death.points()),
                    new Journal(Journal.ROOT, home.cookie()),
                    _ -> {});
        }
        Journal journal = new Journal(Journal.ROOT, home.cookie()) {
            private int left = death.points();

            @Override
            void reached(String point) {
                if (left-- == 0) {
                    throw new AssertionError(point);
                }
            }
        };
        return new Ops(home.dup(), Leases.open(), journal, _ -> {});
    }

    private boolean dies(OpsStep.Death death, Work work) {
        Ops dead = dying(death);
        try {
            work.run(dead);
        } catch (CrashingStore.Crash | AssertionError e) {
            return true;
        } catch (OpsException | InvalidFileException | LeaseRefusedException | LeaseException | LinuxException e) {
            return false;
        } finally {
            dead.close();
        }
        return false;
    }

    /** Has processes die, and checks that the next call ends in the state before or that after. */
    private void dying(List<OpsStep.Death> deaths, OpsStep.Next next, String file, boolean applies, Work work) {
        Snapshot before = snapshot();
        if (!dies(deaths.getFirst(), work)) {
            target = Optional.empty();
            return;
        }
        boolean isUndone = applies || isInterrupted();
        Optional<Snapshot> base = applies || !isUndone ? Optional.of(before) : target;
        if (!applies && isUndone) {
            target = Optional.empty();
        }
        deaths.stream().skip(1).forEach(death -> dies(death, Ops::recover));
        if (next == OpsStep.Next.ROLLBACK && !isInterrupted()) {
            base.ifPresent(expected -> assertIs(expected, "after recovery"));
            rollback();
            return;
        }
        boolean isApplied = call(next, file);
        if (isApplied) {
            target = base;
            assertApplied(wanted(file));
        } else {
            base.ifPresent(expected -> assertIs(expected, "after " + next));
        }
    }

    private boolean isInterrupted() {
        return journal().applied().filter(Applied::isInterrupted).isPresent();
    }

    /** Calls what recovers; returns whether it has applied the file. */
    private boolean call(OpsStep.Next next, String file) {
        try {
            switch (next) {
                case PLAN -> ops.plan(wanted(file));
                case VERIFY -> ops.verify(wanted(file));
                case EXPORT -> ops.export();
                case RECOVER -> ops.recover();
                case ROLLBACK -> ops.rollback();
                case APPLY -> {
                    return !ops.apply(wanted(file), Optional.empty()).plan().isEmpty();
                }
            }
        } catch (InvalidFileException | LeaseRefusedException | LeaseException | LinuxException e) {
            return false;
        } catch (OpsException e) {
            assertThat(e.notUndone()).as("%s", e.getMessage()).isEmpty();
        }
        return false;
    }

    private void createByHand(String file) {
        target = Optional.empty();
        try (Machine machine = new Machine(leases, home)) {
            for (WantedLease lease : wanted(file).leases()) {
                machine.create(machine.find(lease), Leases.newId());
            }
        } catch (InvalidFileException
                | OpsException
                | LeaseRefusedException
                | LeaseException
                | LinuxException
                | IllegalArgumentException e) {
            // Those before it remain.
            return;
        }
    }

    private void deleteByHand(int which) {
        List<ActualLease> there = actual();
        if (!there.isEmpty()) {
            target = Optional.empty();
            leases.delete(there.get(which % there.size()).name());
        }
    }

    /** Deletes all leases, and checks that what they have changed is as it was. */
    private void end() {
        ops.recover();
        ops.apply(wanted("leases: {}"), Optional.empty());
        actual().forEach(lease -> leases.delete(lease.name()));
        leases.set(nic, settings);
        assertThat(nic().withoutNumbers()).isEqualTo(initial.withoutNumbers());
    }

    @Override
    public void close() {
        actual().forEach(lease -> leases.delete(lease.name()));
        rtnetlink.close();
        netdev.close();
        ethtool.close();
        ops.close();
        home.close();
    }
}
