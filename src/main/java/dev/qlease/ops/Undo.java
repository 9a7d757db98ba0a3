package dev.qlease.ops;

import dev.qlease.linux.sys.Log;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Undoes an apply, however far it got: deletes the leases that it created, restores the settings of NICs, and creates
 * the leases that it deleted again, with their ids. What is already as it was is left alone, so that undoing can be
 * repeated after the process died.
 */
final class Undo {
    private static final Log LOG = Log.of(Undo.class);

    private final Machine machine;
    private final List<String> failures = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    Undo(Machine machine) {
        this.machine = machine;
    }

    /** Returns what could not be undone and why, each as a sentence. */
    List<String> failures() {
        return List.copyOf(failures);
    }

    /** Returns what was left as it is and why, each as a sentence. */
    List<String> notes() {
        return List.copyOf(notes);
    }

    void run(Applied applied) {
        for (Applied.Creation creation : applied.creations().reversed()) {
            String name = creation.lease().name();
            attempt("delete lease " + name, () -> notes.addAll(machine.delete(name, creation.id())));
        }
        Machine.byNic(applied.settings())
                .forEach((nic, changes) ->
                        attempt("settings of " + nic.name(), () -> notes.addAll(machine.undo(nic, changes))));
        for (Applied.Deletion deletion : applied.deletions().reversed()) {
            attempt("create lease " + deletion.lease().name() + " again", () -> restore(deletion));
        }
    }

    private void attempt(String what, Runnable undoing) {
        LOG.debug(what);
        try {
            undoing.run();
        } catch (RuntimeException e) {
            failures.add(what + ": " + e.getMessage());
        }
    }

    private void restore(Applied.Deletion deletion) {
        String name = deletion.lease().name();
        Optional<ActualLease> there = machine.leases().stream()
                .filter(lease -> lease.id().equals(deletion.id()))
                .findFirst();
        if (there.filter(ActualLease::isWhole).isPresent()) {
            return;
        }
        if (!deletion.isWhole()) {
            notes.add("lease " + name + " did not exist as a whole before, and was not created again");
            return;
        }
        if (there.isPresent()) {
            notes.addAll(machine.delete(name, deletion.id()));
        }
        machine.create(deletion.lease(), deletion.id());
    }
}
