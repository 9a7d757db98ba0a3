package dev.qlease.ops;

import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Plans, applies, verifies, exports and rolls back the leases that files describe. An apply changes all or nothing; if
 * its process dies, the next call of any method here but {@link #history} undoes it. Owns a descriptor of the namespace
 * of the NICs.
 */
public final class Ops implements AutoCloseable {
    private static final String TRIES_AGAIN = "; qlease rollback tries again";

    private final NetworkNamespace home;
    private final Leases leases;
    private final Journal journal;
    private final Consumer<String> progress;

    Ops(NetworkNamespace home, Leases leases, Journal journal, Consumer<String> progress) {
        this.home = home;
        this.leases = leases;
        this.journal = journal;
        this.progress = progress;
    }

    /** Opens the state of the NICs in {@code nics}, which remains owned by the caller. */
    public static Ops open(NetworkNamespace nics) {
        return open(nics, _ -> {});
    }

    /**
     * As {@link #open(NetworkNamespace)}.
     *
     * @param progress is passed what an apply does next, before it does it; must return at once
     */
    public static Ops open(NetworkNamespace nics, Consumer<String> progress) {
        NetworkNamespace home = nics.dup();
        return new Ops(home, Leases.open(home), new Journal(Journal.ROOT, home.cookie()), progress);
    }

    /**
     * The result of an apply or a rollback.
     *
     * @param plan what was changed
     * @param id the id of the apply, if it has to be confirmed
     * @param notes what was left unchanged and why, each as a sentence
     */
    public record Outcome(Plan plan, Optional<String> id, List<String> notes) {}

    /** Compares the leases of the machine with those that files describe. Only undoes an apply whose process died. */
    public Plan plan(WantedState wanted) {
        return journal.locked(() -> {
            try (Machine machine = machine()) {
                Recovered recovered = recover(machine);
                Plan plan = plan(wanted, machine, recovered.content());
                List<String> notes = new ArrayList<>(recovered.notes());
                waiting(recovered.content()).ifPresent(seconds -> notes.add(pending(seconds)));
                notes.addAll(plan.notes());
                return new Plan(plan.actions(), plan.settings(), notes);
            }
        });
    }

    Machine machine() {
        return new Machine(leases, home);
    }

    Journal journal() {
        return journal;
    }

    NetworkNamespace home() {
        return home;
    }

    private static Plan plan(WantedState wanted, Machine machine, Journal.Content content) {
        List<LeaseState> found = machine.find(wanted.leases());
        machine.requireAgreeing(wanted.nics(), found);
        return Plan.between(found, machine.leases(), content.own(), machine.changes(wanted.nics()));
    }

    /** Returns the seconds until the last apply is undone, if it waits for its confirmation. */
    private static Optional<Long> waiting(Journal.Content content) {
        return content.unconfirmed().map(applied -> timeLeft(applied).toSeconds() + 1);
    }

    private static String pending(long seconds) {
        return "the last apply is rolled back in " + seconds
                + " seconds unless it is confirmed by qlease apply --confirm";
    }

    /**
     * The state after recovery.
     *
     * @param content what is kept
     * @param notes what was undone, or could not be, each as a sentence
     */
    record Recovered(Journal.Content content, List<String> notes) {
        static Recovered of(Journal.Content content, List<String> notes) {
            List<String> all = new ArrayList<>(notes);
            if (content.applied()
                    .filter(applied -> applied.phase() == Applied.Phase.STUCK)
                    .isPresent()) {
                all.add("the last apply is undone in part only; qlease rollback tries again, and qlease history says"
                        + " what is left");
            }
            return new Recovered(content, all);
        }
    }

    /** Undoes an apply whose process died or that was not confirmed in time. Requires the lock. */
    Recovered recover(Machine machine) {
        Journal.Content content = journal.read();
        Optional<String> because = content.applied().flatMap(Ops::mustBeUndone);
        if (because.isEmpty()) {
            return Recovered.of(content, List.of());
        }
        Undone undone = undo(machine, content, content.applied().orElseThrow(), "rollback", because.get());
        List<String> notes = new ArrayList<>(undone.notes());
        notes.add("the last apply was rolled back: " + because.get());
        return Recovered.of(undone.content(), notes);
    }

    private static Optional<String> mustBeUndone(Applied last) {
        if (last.isInterrupted()) {
            return Optional.of("its process died");
        }
        return last.isExpired(Uptime.millis()) ? Optional.of("it was not confirmed in time") : Optional.empty();
    }

    private record Undone(Journal.Content content, List<String> failures, List<String> notes) {}

    private Undone undo(Machine machine, Journal.Content content, Applied applied, String command, String because) {
        journal.save(content.with(applied.with(Applied.Phase.UNDOING)));
        Undo undo = new Undo(machine);
        undo.run(applied);
        Journal.Content after = undo.failures().isEmpty()
                ? content.undone().own(applied.ownBefore())
                : content.with(applied.with(Applied.Phase.STUCK));
        after = after.entry(command, because + ": " + outcome(undo.failures()), applied.lines());
        journal.save(after);
        return new Undone(after, undo.failures(), undo.notes());
    }

    private static String outcome(List<String> failures) {
        return failures.isEmpty() ? "everything was rolled back" : "not rolled back: " + String.join("; ", failures);
    }

    /**
     * Makes the leases of the machine as files describe them. If a change fails, those before it are undone.
     *
     * @param timeout the time after which the changes are undone unless they are {@linkplain #confirm confirmed}
     * @throws OpsException if a change fails, or an earlier apply has to be confirmed first
     */
    public Outcome apply(WantedState wanted, Optional<Duration> timeout) {
        return journal.locked(() -> {
            try (Machine machine = machine()) {
                Recovered recovered = recover(machine);
                Journal.Content content = recovered.content();
                waiting(content).ifPresent(seconds -> {
                    throw new OpsException(
                            OpsException.Reason.STATE, pending(seconds) + "; qlease rollback rolls it back now");
                });
                Plan plan = plan(wanted, machine, content);
                if (plan.isEmpty()) {
                    return new Outcome(plan, Optional.empty(), recovered.notes());
                }
                Outcome outcome = apply(machine, content, plan, wanted.nics(), timeout);
                List<String> notes = new ArrayList<>(recovered.notes());
                notes.addAll(outcome.notes());
                return new Outcome(plan, outcome.id(), notes);
            }
        });
    }

    private Outcome apply(
            Machine machine, Journal.Content found, Plan plan, List<WantedNic> nics, Optional<Duration> timeout) {
        Journal.Content content = found.own(machine.existing(found.own()));
        Applied applied = record(plan, content.own());
        if (applied.deletions().isEmpty() && plan.settings().isEmpty()) {
            applied.creations().forEach(creation -> machine.requirePossible(creation.lease()));
        }
        List<String> ids =
                applied.creations().stream().map(Applied.Creation::id).toList();
        List<String> own = Stream.concat(content.own().stream(), ids.stream()).toList();
        Journal.Content begun = content.begun(applied).own(own);
        journal.save(begun);
        List<String> notes = new ArrayList<>();
        Journal.Content made = make(machine, begun, nics, notes);
        applied = made.applied().orElseThrow();
        List<String> deleted =
                applied.deletions().stream().map(Applied.Deletion::id).toList();
        Journal.Content done =
                made.own(own.stream().filter(id -> !deleted.contains(id)).toList());
        if (timeout.isPresent()) {
            Applied unconfirmed =
                    applied.unconfirmedUntil(Uptime.millis() + timeout.get().toMillis());
            journal.save(done.with(unconfirmed).entry("apply", "to be confirmed", applied.lines()));
            return new Outcome(plan, Optional.of(applied.id()), notes);
        }
        journal.save(done.with(applied.with(Applied.Phase.APPLIED)).entry("apply", "applied", applied.lines()));
        return new Outcome(plan, Optional.empty(), notes);
    }

    /** Makes the changes of an apply that was recorded, or undoes those that were made. */
    private Journal.Content make(Machine machine, Journal.Content recorded, List<WantedNic> nics, List<String> notes) {
        Journal.Content content = recorded;
        Applied applied = recorded.applied().orElseThrow();
        int step = 0;
        int steps = applied.deletions().size() + applied.creations().size();
        try {
            for (Applied.Deletion deletion : applied.deletions()) {
                progress.accept(++step + " of " + steps + ": deleting lease "
                        + deletion.lease().name());
                notes.addAll(machine.delete(deletion.lease().name(), deletion.id()));
            }
            // Deleting leases restores settings, so that only now is known what has to be changed.
            applied = applied.with(machine.changes(nics));
            content = recorded.with(applied);
            if (!applied.settings().isEmpty()) {
                journal.save(content);
                progress.accept("changing settings of NICs");
                machine.make(applied.settings());
            }
            for (Applied.Creation creation : applied.creations()) {
                progress.accept(++step + " of " + steps + ": creating lease "
                        + creation.lease().name());
                machine.create(creation.lease(), creation.id());
            }
            return content;
        } catch (RuntimeException e) {
            progress.accept("undoing the changes");
            throw undone(machine, content, applied, e);
        }
    }

    /** Leases that need certain queues are created first, so that the others do not take these. */
    static Applied record(Plan plan, List<String> own) {
        List<Applied.Deletion> deletions = plan.actions().stream()
                .flatMap(action -> action.old().stream())
                .map(old -> new Applied.Deletion(old.id(), old.isWhole(), old.state()))
                .toList();
        List<Applied.Creation> creations = plan.actions().stream()
                .flatMap(action -> action.wanted().stream())
                .sorted(Comparator.comparing(lease -> lease.shape().queues().isEmpty()))
                .map(lease -> new Applied.Creation(Leases.newId(), lease))
                .toList();
        return new Applied(
                Leases.newId(),
                Applied.Phase.APPLYING,
                OptionalLong.empty(),
                deletions,
                creations,
                List.of(),
                own,
                plan.lines());
    }

    private OpsException undone(Machine machine, Journal.Content content, Applied applied, RuntimeException cause) {
        Undone undone = undo(machine, content, applied, "apply", "failed: " + cause.getMessage());
        String advice = undone.failures().isEmpty() ? "" : TRIES_AGAIN;
        return new OpsException(
                OpsException.Reason.FAILED,
                cause.getMessage() + "; " + outcome(undone.failures()) + advice,
                cause,
                undone.failures());
    }

    /**
     * Confirms the last apply, so that it stays.
     *
     * @throws OpsException if no apply has to be confirmed
     */
    public void confirm() {
        journal.locked(() -> {
            try (Machine machine = machine()) {
                Journal.Content content = recover(machine).content();
                Applied applied = content.unconfirmed()
                        .orElseThrow(() -> new OpsException(
                                OpsException.Reason.STATE,
                                "no apply waits to be confirmed; qlease history lists what was rolled back"));
                journal.save(
                        content.with(applied.with(Applied.Phase.APPLIED)).entry("confirm", "confirmed", List.of()));
                return applied;
            }
        });
    }

    /**
     * Undoes the last apply.
     *
     * @return what was left unchanged and why, each as a sentence
     * @throws OpsException if there is nothing to undo, or a change could not be undone
     */
    public List<String> rollback() {
        return journal.locked(() -> {
            try (Machine machine = machine()) {
                Journal.Content before = journal.read();
                Applied applied = before.applied()
                        .orElseThrow(() -> new OpsException(
                                OpsException.Reason.STATE,
                                "nothing to roll back: no apply since this machine was started, or the last one was"
                                        + " rolled back already"));
                Undone undone = undo(machine, before, applied, "rollback", "rolled back");
                if (!undone.failures().isEmpty()) {
                    throw new OpsException(
                            OpsException.Reason.FAILED,
                            outcome(undone.failures()) + TRIES_AGAIN,
                            null,
                            undone.failures());
                }
                return undone.notes();
            }
        });
    }

    /**
     * Undoes an apply whose process died or that was not confirmed in time.
     *
     * @return the time left to confirm the last apply; empty if it need not be confirmed
     */
    public Optional<Duration> recover() {
        return journal.locked(() -> {
            try (Machine machine = machine()) {
                return recover(machine).content().unconfirmed().map(Ops::timeLeft);
            }
        });
    }

    static Duration timeLeft(Applied applied) {
        return Duration.ofMillis(Math.max(0, applied.deadline().orElse(0) - Uptime.millis()));
    }

    /** Returns whether the apply with this id still has to be confirmed, and the time left for that. */
    public Optional<Duration> timeLeft(String id) {
        return journal.read()
                .unconfirmed()
                .filter(applied -> applied.id().equals(id))
                .map(Ops::timeLeft);
    }

    /** Returns whether the apply with this id was confirmed. */
    public boolean isConfirmed(String id) {
        return journal.read()
                .applied()
                .filter(applied -> applied.id().equals(id) && applied.phase() == Applied.Phase.APPLIED)
                .isPresent();
    }

    /** Returns how the machine deviates from what files describe, each as a sentence; empty if it does not. */
    public List<String> verify(WantedState wanted) {
        return journal.locked(() -> {
            try (Machine machine = machine()) {
                Journal.Content content = recover(machine).content();
                return new Deviations(machine.leases(), content.own()).of(wanted, machine);
            }
        });
    }

    /** Returns the leases of the machine as a file describes them. */
    public Export export() {
        return journal.locked(() -> {
            try (Machine machine = machine()) {
                List<String> notes = recover(machine).notes();
                Export export = Export.of(machine.leases());
                return new Export(
                        export.leases(),
                        Stream.concat(notes.stream(), export.notes().stream()).toList());
            }
        });
    }

    /** Returns the history since the machine was started, the oldest entry first. */
    public List<HistoryEntry> history() {
        return journal.read().history();
    }

    /** Closes the descriptor of the namespace; the leases remain. Idempotent. */
    @Override
    public void close() {
        leases.close();
        home.close();
    }
}
