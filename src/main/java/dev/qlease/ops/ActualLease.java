package dev.qlease.ops;

import dev.qlease.lease.LeaseInfo.Status;
import java.util.List;
import java.util.Optional;

/**
 * An existing lease.
 *
 * @param state what it is; of an unreadable lease only the name
 * @param id its id
 * @param status its status
 * @param problems its problems, each as a sentence
 * @param owner the program that manages it; empty for none
 */
record ActualLease(LeaseState state, String id, Status status, List<String> problems, Optional<String> owner) {
    String name() {
        return state.name();
    }

    /** Returns whether it exists as a whole, so that it can be created again after it was deleted. */
    boolean isWhole() {
        return status == Status.READY || status == Status.VIOLATED;
    }
}
