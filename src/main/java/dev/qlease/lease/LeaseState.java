package dev.qlease.lease;

import java.util.ArrayList;
import java.util.List;

/**
 * What is kept of a lease below /run/qlease, in a file of its own.
 *
 * @param info what its user sees
 * @param undo its own changes, in the order in which they were made, each written before it was made
 */
record LeaseState(LeaseInfo info, List<Undo> undo) {
    LeaseState {
        undo = List.copyOf(undo);
    }

    LeaseState with(LeaseInfo changed) {
        return new LeaseState(changed, undo);
    }

    /** With one change more that is about to be made. */
    LeaseState about(Undo next) {
        List<Undo> more = new ArrayList<>(undo);
        more.add(next);
        return new LeaseState(info, more);
    }

    /** Without a change, which was taken back. */
    LeaseState without(Undo done) {
        return new LeaseState(
                info, undo.stream().filter(change -> !change.equals(done)).toList());
    }
}
