package dev.qlease.ops;

import dev.qlease.linux.sys.Log;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Applies a plan as far as possible: a change that fails is undone alone, and the others are made. As with {@link
 * Ops#apply}, the plan is recorded before the first change, so that all of it is undone if the process dies. Requires
 * the journal's lock.
 */
final class PartialApply {
    private static final Log LOG = Log.of(PartialApply.class);
    private static final String COMMAND = "watch";

    private final Machine machine;
    private final Journal journal;
    private final Map<String, RuntimeException> failures = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();

    PartialApply(Machine machine, Journal journal) {
        this.machine = machine;
        this.journal = journal;
    }

    /**
     * What was changed.
     *
     * @param done the changes that were made
     * @param failures why the others were not, by {@link #lease} and {@link #nic}
     */
    record Result(Plan done, Map<String, RuntimeException> failures) {}

    /** Returns how failures of a lease are found. */
    static String lease(String name) {
        return "lease " + name;
    }

    /** Returns how failures of the settings of a NIC are found. */
    static String nic(String name) {
        return "nic " + name;
    }

    /**
     * Applies a plan.
     *
     * @param nics the NICs of which the plan may change settings
     */
    Result run(Journal.Content found, Plan planned, List<WantedNic> nics) {
        Plan plan = possible(planned);
        if (plan.isEmpty()) {
            return new Result(plan, failures);
        }
        Journal.Content before = found.own(machine.existing(found.own()));
        Applied applied = Ops.record(plan, before.own());
        List<String> created =
                applied.creations().stream().map(Applied.Creation::id).toList();
        Journal.Content content = before.begun(applied)
                .own(Stream.concat(before.own().stream(), created.stream()).toList());
        journal.save(content);
        delete(applied);
        List<NicChange> settings = set(content, applied, nics);
        create(applied);
        Plan done = done(plan, settings);
        Applied made = made(applied, settings, done);
        save(before, content, made, done);
        return new Result(done, failures);
    }

    /** Leaves out leases that cannot be created. Where leases are deleted first, that is known only after. */
    private Plan possible(Plan plan) {
        boolean isKnown = plan.settings().isEmpty()
                && plan.actions().stream().allMatch(action -> action.old().isEmpty());
        if (isKnown) {
            plan.actions()
                    .forEach(action -> attempt(lease(action.name()), () -> {
                        machine.requirePossible(action.wanted().orElseThrow());
                    }));
        }
        return new Plan(
                plan.actions().stream()
                        .filter(action -> !failures.containsKey(lease(action.name())))
                        .toList(),
                plan.settings(),
                plan.notes());
    }

    private void attempt(String what, Runnable change) {
        LOG.debug(what);
        try {
            change.run();
        } catch (RuntimeException e) {
            failures.put(what, e);
        }
    }

    private boolean isGood(String lease) {
        return !failures.containsKey(lease(lease));
    }

    private void delete(Applied applied) {
        for (Applied.Deletion deletion : applied.deletions()) {
            String name = deletion.lease().name();
            attempt(lease(name), () -> notes.addAll(machine.delete(name, deletion.id())));
        }
    }

    /** Changes settings NIC by NIC; returns the changes that were made. */
    private List<NicChange> set(Journal.Content content, Applied applied, List<WantedNic> nics) {
        List<NicChange> made = new ArrayList<>();
        for (WantedNic nic : nics) {
            attempt(nic(nic.name()), () -> {
                // Deleting leases restores settings, so that only now is known what has to be changed.
                List<NicChange> changes = machine.changes(List.of(nic));
                if (!changes.isEmpty()) {
                    journal.save(content.with(applied.with(
                            Stream.concat(made.stream(), changes.stream()).toList())));
                    make(changes);
                    made.addAll(changes);
                }
            });
        }
        return made;
    }

    private void make(List<NicChange> changes) {
        try {
            machine.make(changes);
        } catch (RuntimeException e) {
            undo(List.of(), changes);
            throw e;
        }
    }

    private void create(Applied applied) {
        for (Applied.Creation creation : applied.creations()) {
            String name = creation.lease().name();
            if (isGood(name)) {
                attempt(lease(name), () -> machine.create(creation.lease(), creation.id()));
            }
        }
        applied.deletions().stream()
                .filter(deletion -> !isGood(deletion.lease().name()))
                .forEach(this::restore);
    }

    /** Creates a lease again that should have been changed. */
    private void restore(Applied.Deletion deletion) {
        undo(List.of(deletion), List.of());
    }

    private void undo(List<Applied.Deletion> deletions, List<NicChange> settings) {
        Undo undo = new Undo(machine);
        undo.run(new Applied(
                "", Applied.Phase.UNDOING, OptionalLong.empty(), deletions, List.of(), settings, List.of(), List.of()));
        undo.failures().forEach(failure -> notes.add("not restored: " + failure));
    }

    private Plan done(Plan plan, List<NicChange> settings) {
        List<Action> actions =
                plan.actions().stream().filter(action -> isGood(action.name())).toList();
        return new Plan(actions, settings, notes);
    }

    private Applied made(Applied planned, List<NicChange> settings, Plan done) {
        return new Applied(
                planned.id(),
                Applied.Phase.APPLIED,
                planned.deadline(),
                planned.deletions().stream()
                        .filter(deletion -> isGood(deletion.lease().name()))
                        .toList(),
                planned.creations().stream()
                        .filter(creation -> isGood(creation.lease().name()))
                        .toList(),
                settings,
                planned.ownBefore(),
                done.lines());
    }

    private void save(Journal.Content before, Journal.Content begun, Applied made, Plan done) {
        List<String> deleted =
                made.deletions().stream().map(Applied.Deletion::id).toList();
        List<String> own = Stream.concat(
                        before.own().stream(), made.creations().stream().map(Applied.Creation::id))
                .filter(id -> !deleted.contains(id))
                .toList();
        List<String> failed = failures.entrySet().stream()
                .map(failure -> failure.getKey() + ": " + failure.getValue().getMessage())
                .toList();
        List<String> outcome = new ArrayList<>(done.isEmpty() ? List.of() : List.of("applied"));
        if (!failed.isEmpty()) {
            outcome.add("failed: " + String.join("; ", failed));
        }
        Journal.Content after =
                done.isEmpty() ? begun.without(before) : begun.with(made).own(own);
        journal.save(after.entry(COMMAND, String.join("; ", outcome), done.lines()));
    }
}
