package dev.qlease.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How the leases of the machine deviate from those that files describe. */
final class Deviations {
    private final List<ActualLease> actual;
    private final List<String> own;
    private final List<String> sentences = new ArrayList<>();

    /** @param own the ids of the leases that applies have created */
    Deviations(List<ActualLease> actual, List<String> own) {
        this.actual = actual;
        this.own = own;
    }

    /** Returns the deviations, each as a sentence with its cause where it is known. */
    List<String> of(WantedState wanted, Machine machine) {
        for (WantedNic nic : wanted.nics()) {
            try {
                machine.changes(List.of(nic))
                        .forEach(change -> add("nic " + change.nic().name() + ": ", change.difference()));
            } catch (OpsException e) {
                sentences.add(String.valueOf(e.getMessage()));
            }
        }
        wanted.leases().forEach(lease -> add(lease, machine));
        for (ActualLease lease : actual) {
            if (own.contains(lease.id())
                    && wanted.leases().stream().noneMatch(other -> other.name().equals(lease.name()))) {
                sentences.add("lease " + lease.name() + ": it was created by qlease apply and is in no file now");
            }
        }
        return sentences;
    }

    private void add(WantedLease wanted, Machine machine) {
        String lease = "lease " + wanted.name() + ": ";
        Optional<ActualLease> found = actual.stream()
                .filter(each -> each.name().equals(wanted.name()))
                .findFirst();
        if (found.isEmpty()) {
            sentences.add(lease + "it does not exist; qlease apply creates it");
        } else {
            found.get().problems().forEach(problem -> sentences.add(lease + problem));
        }
        try {
            LeaseState state = machine.find(wanted);
            found.filter(ActualLease::isWhole).stream()
                    .flatMap(there -> Difference.between(there, state).stream())
                    .forEach(difference -> add(lease, difference));
        } catch (OpsException e) {
            sentences.add(String.valueOf(e.getMessage()));
        }
    }

    private void add(String what, Difference difference) {
        sentences.add(what + difference.field() + " is " + difference.found() + ", not " + difference.wanted()
                + "; qlease apply changes that");
    }
}
