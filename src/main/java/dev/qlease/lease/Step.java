package dev.qlease.lease;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One step of a {@link LeasePlan}: a requirement that is already satisfied, or a change. Immutable. */
public sealed interface Step {
    /** Returns the subject of the step, such as {@code tcp-data-split}. */
    String name();

    /** Returns its current state. */
    String found();

    /**
     * A requirement that is already satisfied.
     *
     * @param name the subject of the step
     * @param found its current state
     */
    record Satisfied(String name, String found) implements Step {
        @Override
        public String toString() {
            return name + ": " + found;
        }
    }

    /** A change, with how it is undone. */
    final class Change implements Step {
        private final String name;
        private final String found;
        private final String change;
        private final String undone;
        private final StepAction action;
        private final @Nullable Undo undo;
        private final List<SettingChange> settings;

        private Change(
                String name,
                String found,
                String change,
                String undone,
                StepAction action,
                @Nullable Undo undo,
                List<SettingChange> settings) {
            this.name = name;
            this.found = found;
            this.change = change;
            this.undone = undone;
            this.action = action;
            this.undo = undo;
            this.settings = List.copyOf(settings);
        }

        /** Returns a change that ends with the guest's device or has no lasting effect. */
        static Change passing(String name, String found, String change, String undone, StepAction action) {
            return new Change(name, found, change, undone, action, null, List.of());
        }

        /** Returns a change that creates something owned by the lease. */
        static Change own(String name, String found, String change, Undo undo, StepAction action) {
            return new Change(name, found, change, "delete it", action, undo, List.of());
        }

        /** Returns a change of settings that leases share. */
        static Change shared(String name, String found, String change, String undone, List<SettingChange> settings) {
            return new Change(
                    name, found, change, undone, made -> SettingChange.make(settings, made.home()), null, settings);
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public String found() {
            return found;
        }

        /** Returns what is changed. */
        public String change() {
            return change;
        }

        /** Returns how the change is undone when the lease is deleted. */
        public String undone() {
            return undone;
        }

        StepAction action() {
            return action;
        }

        Optional<Undo> undo() {
            return Optional.ofNullable(undo);
        }

        List<SettingChange> settings() {
            return settings;
        }

        @Override
        public String toString() {
            return name + ": " + found + "; " + change + "; undone by: " + undone;
        }
    }
}
