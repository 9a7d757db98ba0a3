package dev.qlease.ops;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The difference between the leases of the machine and those that files describe. Immutable.
 *
 * @param actions the changes of leases: deletions, changes, creations
 * @param settings the changes of settings of NICs
 * @param notes what is left as it is and why, each as a sentence
 */
public record Plan(List<Action> actions, List<NicChange> settings, List<String> notes) {
    /** Keeps copies of the lists. */
    public Plan {
        actions = List.copyOf(actions);
        settings = List.copyOf(settings);
        notes = List.copyOf(notes);
    }

    /** Returns whether the machine is as the files describe it. */
    public boolean isEmpty() {
        return actions.isEmpty() && settings.isEmpty();
    }

    /**
     * Compares leases.
     *
     * @param wanted the wanted leases
     * @param actual all leases
     * @param own the ids of the leases that were created by an apply; others are not deleted
     * @param settings the changes of settings of NICs
     * @throws OpsException if a lease that another program manages would have to be changed
     */
    static Plan between(
            List<LeaseState> wanted, List<ActualLease> actual, Collection<String> own, List<NicChange> settings) {
        Map<String, LeaseState> missing = new LinkedHashMap<>();
        wanted.forEach(lease -> missing.put(lease.name(), lease));
        List<Action> deletions = new ArrayList<>();
        List<Action> changes = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        for (ActualLease lease : actual) {
            Optional<LeaseState> described = Optional.ofNullable(missing.remove(lease.name()));
            if (described.isPresent()) {
                List<Difference> differences = Difference.between(lease, described.get());
                if (!differences.isEmpty()) {
                    requireOwn(lease);
                    changes.add(Action.change(lease, described.get(), differences));
                } else if (!lease.problems().isEmpty()) {
                    notes.add("lease " + lease.name() + " is " + lease.status().text() + ": "
                            + String.join("; ", lease.problems()));
                }
            } else if (own.contains(lease.id())) {
                deletions.add(Action.delete(lease));
            } else if (lease.owner().isEmpty()) {
                notes.add(
                        "lease " + lease.name() + " is in no file and was not created by qlease apply: left as it is");
            }
        }
        List<Action> actions = new ArrayList<>(deletions);
        actions.addAll(changes);
        missing.values().forEach(lease -> actions.add(Action.create(lease)));
        return new Plan(actions, settings, notes);
    }

    private static void requireOwn(ActualLease lease) {
        whyOthers(lease).ifPresent(sentence -> {
            throw new OpsException(OpsException.Reason.STATE, sentence);
        });
    }

    /** Returns why a lease may not be changed, if another program manages it, such as the CNI plugin. */
    static Optional<String> whyOthers(ActualLease lease) {
        return lease.owner()
                .map(owner -> "lease " + lease.name() + " belongs to " + owner + ", which creates and deletes it; give"
                        + " the lease in the file another name");
    }

    /** Returns the plan as lines for a person, one for each change and each difference. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        byNic().forEach((nic, differences) -> {
            lines.add("~ nic " + nic);
            differences.forEach(difference -> lines.add("    " + difference));
        });
        for (Action action : actions) {
            lines.add(action.kind().sign() + " lease " + action.name() + describe(action));
            action.differences().forEach(difference -> lines.add("    " + difference));
        }
        return lines;
    }

    private static String describe(Action action) {
        return switch (action.kind()) {
            case CREATE -> ": create, " + describe(action.wanted().orElseThrow());
            case DELETE -> ": delete";
            case CHANGE -> ": delete and create again";
        };
    }

    private static String describe(LeaseState lease) {
        LeaseShape shape = lease.shape();
        String queues = shape.queues().isEmpty()
                ? shape.count() + (shape.count() == 1 ? " queue" : " queues")
                : "queues " + shape.queues();
        return queues + " of " + lease.nic().name() + " to " + lease.netns().path()
                + (shape.addresses().isEmpty() ? "" : " with " + String.join(", ", shape.addresses()));
    }

    private Map<String, List<Difference>> byNic() {
        Map<String, List<Difference>> differences = new LinkedHashMap<>();
        settings.forEach(change -> differences
                .computeIfAbsent(change.nic().name(), _ -> new ArrayList<>())
                .add(change.difference()));
        return differences;
    }

    /** Returns the changes as records for JSON. */
    public List<Change> changes() {
        List<Change> changes = new ArrayList<>();
        byNic().forEach((nic, differences) ->
                changes.add(new Change(Action.Kind.CHANGE.text(), "nic", nic, differences)));
        actions.forEach(
                action -> changes.add(new Change(action.kind().text(), "lease", action.name(), action.differences())));
        return changes;
    }

    /**
     * A change, as it is printed as JSON.
     *
     * @param change create, delete or change
     * @param what lease or nic
     * @param name its name
     * @param differences what is different, for a change
     */
    public record Change(String change, String what, String name, List<Difference> differences) {}
}
