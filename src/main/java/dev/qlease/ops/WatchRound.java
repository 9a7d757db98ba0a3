package dev.qlease.ops;

import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.lease.LeaseRefusedException;
import dev.qlease.lease.NicSetting;
import dev.qlease.linux.LinuxException;
import dev.qlease.ops.OpsException.Reason;
import dev.qlease.ops.Watch.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One look at the machine: applies what is due and possible, and reports the rest. Used once, under the journal's lock.
 */
final class WatchRound {
    private static final String AGAIN =
            "; it is applied again when its description, NIC or namespace changes, or by systemctl reload qlease";

    private final Machine machine;
    private final WantedState wanted;
    private final Attempts attempts;
    private final WatchReport report;
    private final Map<String, LeaseState> found = new LinkedHashMap<>();
    private final Map<String, Object> circumstances = new LinkedHashMap<>();
    private final List<Action> actions = new ArrayList<>();
    private final List<NicChange> settings = new ArrayList<>();
    private final List<WantedNic> dueNics = new ArrayList<>();
    private final Set<String> ofOthers = new HashSet<>();
    private List<ActualLease> actual = List.of();

    WatchRound(Machine machine, WantedState wanted, Attempts attempts, WatchReport report) {
        this.machine = machine;
        this.wanted = wanted;
        this.attempts = attempts;
        this.report = report;
    }

    /** What is applied to what: equal as long as there is nothing new to apply. */
    private record LeaseCircumstances(
            NicSelector nic, GuestSelector guest, LeaseShape shape, String instance, long namespace) {}

    private record NicCircumstances(NicSelector nic, Map<NicSetting, String> settings, String instance) {}

    /** What else the creation of a lease can depend on, of which notifications tell. */
    private record Surroundings(boolean up, List<String> otherLeases) {}

    /**
     * Applies what is due.
     *
     * @param whole whether leases that no file describes any more are deleted
     * @return whether a lock was not free in time, so that this has to be repeated
     */
    boolean run(Journal journal, Journal.Content content, boolean whole) {
        actual = machine.leases();
        if (actual.stream().anyMatch(lease -> lease.status() == Status.INCOMPLETE)) {
            // Another process may be creating it right now.
            actual = machine.settledLeases();
        }
        wanted.leases().forEach(this::find);
        wanted.nics().forEach(this::plan);
        wanted.leases().forEach(this::plan);
        if (whole) {
            deleteOthers(content.own());
        }
        List<Action> ordered = actions.stream()
                .sorted(Comparator.comparing(action -> action.wanted().isPresent()))
                .toList();
        PartialApply.Result result =
                new PartialApply(machine, journal).run(content, new Plan(ordered, settings, List.of()), dueNics);
        result.done().lines().forEach(line -> report.happened(Kind.CHANGE, "", line));
        result.done().notes().forEach(note -> report.happened(Kind.NOTE, "", note));
        return remember(result);
    }

    private Optional<ActualLease> actual(String name) {
        return actual.stream().filter(lease -> lease.name().equals(name)).findFirst();
    }

    private void find(WantedLease lease) {
        String about = PartialApply.lease(lease.name());
        try {
            LeaseState state = machine.find(lease);
            if (state.shape().single()) {
                machine.announceEnd(state.netns());
            }
            found.put(lease.name(), state);
            circumstances.put(
                    about,
                    new LeaseCircumstances(
                            lease.nic(),
                            lease.guest(),
                            lease.shape(),
                            machine.instance(state.nic()),
                            state.netns().cookie()));
        } catch (OpsException | LinuxException e) {
            found.remove(lease.name());
            attempts.forget(about);
            report.state(Kind.WAIT, about, about + " waits: " + e.getMessage());
        }
    }

    private void plan(WantedNic nic) {
        String about = PartialApply.nic(nic.name());
        try {
            NicIdentity identity = NicIdentity.of(machine.find(nic));
            NicCircumstances now = new NicCircumstances(nic.nic(), nic.settings(), machine.instance(identity));
            if (attempts.isDue(about, now, "")) {
                circumstances.put(about, now);
                machine.requireAgreeing(List.of(nic), List.copyOf(found.values()));
                settings.addAll(machine.changes(List.of(nic)));
                dueNics.add(nic);
            }
        } catch (OpsException | InvalidFileException | LinuxException e) {
            Object now = circumstances.get(about);
            if (now == null || (e instanceof OpsException missing && missing.reason() == Reason.NOT_FOUND)) {
                attempts.forget(about);
                report.state(Kind.WAIT, about, about + " waits: " + e.getMessage());
            } else {
                attempts.failed(about, now, "");
                report.state(Kind.PROBLEM, about, about + " could not be set: " + e.getMessage());
            }
        }
    }

    private void plan(WantedLease lease) {
        String about = PartialApply.lease(lease.name());
        Optional<ActualLease> there = actual(lease.name());
        LeaseState state = found.get(lease.name());
        Optional<String> others = there.flatMap(Plan::whyOthers);
        if (others.isPresent()) {
            ofOthers.add(lease.name());
            attempts.forget(about);
            report.state(Kind.PROBLEM, about, others.get());
            return;
        }
        if (state == null) {
            // Its namespace or NIC is gone, and with it the guest's device; what is left keeps the NIC's settings.
            there.filter(old -> old.status() == Status.GONE).ifPresent(old -> actions.add(Action.delete(old)));
            return;
        }
        List<Difference> differences =
                there.map(old -> Difference.between(old, state)).orElse(List.of());
        Object now = Objects.requireNonNull(circumstances.get(about));
        if (!attempts.isDue(about, now, surroundings(state))) {
            if (attempts.hasSucceeded(about, now)) {
                report(about, there, differences);
            }
        } else if (there.isEmpty()) {
            actions.add(Action.create(state));
        } else if (!differences.isEmpty()) {
            actions.add(Action.change(there.get(), state, differences));
        } else {
            report(about, there, differences);
        }
    }

    /** Reports a lease to which nothing is applied now. */
    private void report(String about, Optional<ActualLease> there, List<Difference> differences) {
        if (there.isEmpty()) {
            report.state(Kind.NOTE, about, about + " was deleted by another program" + AGAIN);
        } else if (!there.get().problems().isEmpty()) {
            report.state(
                    Kind.PROBLEM,
                    about,
                    about + " is " + there.get().status().text() + ": "
                            + String.join("; ", there.get().problems())
                            + (there.get().status() == Status.GONE ? AGAIN : ""));
        } else if (!differences.isEmpty()) {
            report.state(
                    Kind.NOTE, about, about + " was changed by another program, " + differences.getFirst() + AGAIN);
        } else {
            report.end(about);
        }
    }

    private Surroundings surroundings(LeaseState lease) {
        boolean up;
        try {
            up = machine.isUp(lease.nic());
        } catch (OpsException e) {
            up = false;
        }
        return new Surroundings(
                up,
                actual.stream()
                        .filter(other -> !other.name().equals(lease.name()))
                        .map(ActualLease::id)
                        .sorted()
                        .toList());
    }

    private void deleteOthers(List<String> own) {
        actual.stream()
                .filter(lease -> own.contains(lease.id()))
                .filter(lease ->
                        wanted.leases().stream().noneMatch(other -> other.name().equals(lease.name())))
                .forEach(lease -> actions.add(Action.delete(lease)));
    }

    private boolean remember(PartialApply.Result result) {
        if (!result.failures().isEmpty()) {
            actual = machine.leases();
        }
        boolean again = false;
        for (Map.Entry<String, LeaseState> lease : found.entrySet()) {
            if (ofOthers.contains(lease.getKey())) {
                continue;
            }
            String about = PartialApply.lease(lease.getKey());
            again |= remember(about, result.failures().get(about), surroundings(lease.getValue()), "applied");
        }
        for (WantedNic nic : dueNics) {
            String about = PartialApply.nic(nic.name());
            again |= remember(about, result.failures().get(about), "", "set");
        }
        for (Action action : actions) {
            String about = PartialApply.lease(action.name());
            RuntimeException failure = result.failures().get(about);
            if (action.kind() == Action.Kind.DELETE && failure != null) {
                report.state(Kind.PROBLEM, about, about + " could not be deleted: " + failure.getMessage());
            }
        }
        return again;
    }

    /** Returns whether the attempt has to be repeated, since another process held a lock. */
    private boolean remember(String about, @Nullable RuntimeException failure, Object surroundings, String done) {
        Object now = Objects.requireNonNull(circumstances.get(about));
        if (failure == null) {
            if (attempts.isDue(about, now, surroundings)) {
                attempts.succeeded(about, now);
                if (isPlanned(about)) {
                    report.end(about);
                }
            }
            return false;
        }
        report.state(Kind.PROBLEM, about, about + " could not be " + done + ": " + failure.getMessage());
        if (isLocked(failure)) {
            attempts.forget(about);
            return true;
        }
        attempts.failed(about, now, surroundings);
        return false;
    }

    /** Returns whether something was applied; otherwise its state is reported already. */
    private boolean isPlanned(String about) {
        return dueNics.stream().anyMatch(nic -> PartialApply.nic(nic.name()).equals(about))
                || actions.stream()
                        .anyMatch(action -> PartialApply.lease(action.name()).equals(about));
    }

    private static boolean isLocked(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof LeaseRefusedException refused
                    && refused.reason() == LeaseRefusedException.Reason.BUSY) {
                return true;
            }
        }
        return false;
    }
}
