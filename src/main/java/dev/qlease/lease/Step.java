package dev.qlease.lease;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One step of a {@link LeasePlan}.
 *
 * @param name what is looked at, such as {@code tcp-data-split}
 * @param found how it is now
 * @param change what is done about it; empty if it is as it has to be
 * @param undo how that is undone later; empty if there is nothing to undo, or it goes with the guest's device
 */
public record Step(String name, String found, String change, String undo) {
    /** Does a step. */
    interface Action {
        void run(Workbench workbench);
    }

    /** A step with what it takes to do it. */
    record Planned(Step step, @Nullable Undo undo, @Nullable Action action) {
        Optional<Undo> undoing() {
            return Optional.ofNullable(undo);
        }
    }

    /** Whether there is anything to do. */
    public boolean changes() {
        return !change.isEmpty();
    }

    @Override
    public String toString() {
        return name + ": " + found + (changes() ? "; " + change : "") + (undo.isEmpty() ? "" : "; undone by: " + undo);
    }
}
