package dev.qlease.ops;

import java.util.List;
import java.util.OptionalLong;

/**
 * The record of an apply, which is written before the first change, and from which it is undone.
 *
 * @param id the id of the apply
 * @param phase how far it has got
 * @param deadline when it is undone unless it was confirmed, in milliseconds since the machine was started; empty if it
 *     needs no confirmation
 * @param deletions the leases that it deletes
 * @param creations the leases that it creates
 * @param settings the settings of NICs that it changes, after the deletions
 * @param ownBefore the ids of the leases that earlier applies had created
 * @param lines the plan, as lines
 */
record Applied(
        String id,
        Phase phase,
        OptionalLong deadline,
        List<Deletion> deletions,
        List<Creation> creations,
        List<NicChange> settings,
        List<String> ownBefore,
        List<String> lines) {
    /** How far an apply has got. */
    enum Phase {
        /** Changes are being made or, if no process holds the lock, were when it died. */
        APPLYING,
        /** All changes are made, and will be undone unless they are confirmed. */
        UNCONFIRMED,
        /** All changes are made. */
        APPLIED,
        /** Changes are being undone or, if no process holds the lock, were when it died. */
        UNDOING,
        /** Some changes could not be undone. */
        STUCK
    }

    /**
     * A lease to delete.
     *
     * @param id its id, which it gets again when it is restored
     * @param isWhole whether it existed as a whole, so that it can be restored
     * @param lease what it was
     */
    record Deletion(String id, boolean isWhole, LeaseState lease) {}

    /**
     * A lease to create.
     *
     * @param id the id that it gets
     * @param lease what it will be
     */
    record Creation(String id, LeaseState lease) {}

    Applied with(Phase changed) {
        return new Applied(id, changed, deadline, deletions, creations, settings, ownBefore, lines);
    }

    /** Returns a copy that changes these settings. */
    Applied with(List<NicChange> changes) {
        return new Applied(id, phase, deadline, deletions, creations, changes, ownBefore, lines);
    }

    /** Returns a copy that is undone at {@code when} unless it was confirmed. */
    Applied unconfirmedUntil(long when) {
        return new Applied(
                id, Phase.UNCONFIRMED, OptionalLong.of(when), deletions, creations, settings, ownBefore, lines);
    }

    /** Returns whether a process must have died while it made or undid changes, if none holds the lock. */
    boolean isInterrupted() {
        return phase == Phase.APPLYING || phase == Phase.UNDOING;
    }

    /** Returns whether it had to be confirmed before {@code now}. */
    boolean isExpired(long now) {
        return phase == Phase.UNCONFIRMED && now >= deadline.orElse(Long.MAX_VALUE);
    }
}
