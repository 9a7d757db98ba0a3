package dev.qlease.ops;

import java.util.List;

/** A step of the model of wanted state. */
sealed interface OpsStep {
    /**
     * Where a process dies.
     *
     * @param inLease before a write of a lease's record, rather than one of the journal of applies
     * @param points the writes that it survives
     */
    record Death(boolean inLease, int points) {}

    /** What is called after a process has died. */
    enum Next {
        PLAN,
        VERIFY,
        EXPORT,
        RECOVER,
        ROLLBACK,
        APPLY
    }

    /** What happens to an apply that has to be confirmed. */
    enum Ending {
        CONFIRM,
        ROLLBACK,
        EXPIRE
    }

    /** Applies a file. */
    record Apply(String file) implements OpsStep {}

    /** Applies a file with a timeout. */
    record ApplyWithTimeout(String file, Ending ending) implements OpsStep {}

    /** Applies a file in a process that dies; those that recover from that die too, except for the last one. */
    record DyingApply(String file, List<Death> deaths, Next next) implements OpsStep {}

    /** Rolls back the last apply. */
    record Rollback() implements OpsStep {}

    /** Rolls back the last apply in a process that dies, as above. */
    record DyingRollback(List<Death> deaths, Next next) implements OpsStep {}

    /** An administrator creates the leases of a file, by hand, as far as that is possible. */
    record CreateByHand(String file) implements OpsStep {}

    /** An administrator deletes a lease by hand. */
    record DeleteByHand(int which) implements OpsStep {}

    /** An administrator changes the receive ring by hand. */
    record RingByHand(int descriptors) implements OpsStep {}

    /** The namespace of a guest is deleted, and another one of the same name is created. */
    record RenewGuest(int which) implements OpsStep {}
}
