package dev.qlease.lease;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Log;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.rtnetlink.Link;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Creates a planned lease atomically: records how to undo it, makes the changes in order and, if one fails, undoes
 * those before it.
 */
final class LeaseTransaction {
    private static final Log LOG = Log.of(LeaseTransaction.class);

    private final NamespaceSockets home;
    private final LeaseStore store;
    private final LeasePlanner.Decision decision;
    private final LeaseInProgress made;
    private final List<Undo> begun = new ArrayList<>();

    LeaseTransaction(NamespaceSockets home, NamespaceSockets there, LeaseStore store, LeasePlanner.Decision decision) {
        this.home = home;
        this.store = store;
        this.decision = decision;
        this.made = new LeaseInProgress(home, there);
    }

    /**
     * Creates the lease.
     *
     * @return its record
     * @throws LeaseException if a step fails; the message names it, the cause, and what could not be undone
     */
    LeaseRecord run() {
        writeDown();
        for (Step step : decision.steps()) {
            if (step instanceof Step.Change change) {
                take(change);
            }
        }
        LeaseRecord ready = decision.record().with(LeaseRecord.Phase.READY, made);
        try {
            store.save(ready);
        } catch (RuntimeException e) {
            throw rolledBack("record", e);
        }
        return ready;
    }

    /** Returns the guest's device, after the lease was created. */
    Link guest() {
        return made.guest();
    }

    /**
     * Writes all records before the first change; undoing a change that was not made has no effect. The lease is
     * written first, so that deleting it also removes the records of its settings.
     */
    private void writeDown() {
        LeaseRecord record = decision.record();
        try {
            List<ChangedSetting> known = store.settings(_ -> {});
            store.save(record);
            for (Step step : decision.steps()) {
                if (step instanceof Step.Change change) {
                    change.settings().forEach(setting -> writeDown(setting, known));
                }
            }
        } catch (RuntimeException e) {
            throw rolledBack("record", e);
        }
    }

    private void writeDown(SettingChange change, List<ChangedSetting> settings) {
        LeaseRecord record = decision.record();
        ChangedSetting fresh = new ChangedSetting(
                change.setting(),
                record.bootId(),
                record.homeCookie(),
                change.nic(),
                change.before(),
                List.of(change.wanted()));
        Optional<ChangedSetting> known = settings.stream()
                .filter(setting -> setting.key().equals(fresh.key())
                        && setting.bootId().equals(fresh.bootId())
                        && setting.before().equals(fresh.before()))
                .findFirst();
        store.save(known.map(setting -> setting.set(change.wanted())).orElse(fresh));
    }

    private void take(Step.Change change) {
        LOG.debug("lease " + decision.record().name() + ": " + change);
        change.undo().ifPresent(begun::add);
        store.reached("step " + change.name());
        try {
            change.action().run(made);
            if (change.undo().filter(Undo.Netkit.class::isInstance).isPresent()) {
                // The interface indexes prove more than the alias, which a guest can remove.
                store.save(decision.record().with(LeaseRecord.Phase.MAKING, made));
            }
        } catch (RuntimeException e) {
            dropUndoOfExisting(change, e);
            throw rolledBack(change.name(), e);
        }
    }

    /**
     * Removes the undo of a change that failed because another program has created the same thing since planning: the
     * lease must not delete it.
     */
    private void dropUndoOfExisting(Step.Change change, RuntimeException failure) {
        if (failure instanceof LinuxException e
                && e.is(Errno.EEXIST)
                && !change.name().equals("netkit")) {
            change.undo().ifPresent(begun::remove);
        }
    }

    private LeaseException rolledBack(String step, RuntimeException cause) {
        LeaseRecord record = decision.record().with(LeaseRecord.Phase.DELETING, made);
        List<String> failures;
        try (UndoExecutor undo = new UndoExecutor(home, store, record.bootId())) {
            undo.undo(record, begun);
            failures = new ArrayList<>(undo.failures());
        }
        try {
            if (failures.isEmpty()) {
                store.remove(record.name(), record.id());
            } else {
                store.save(record);
            }
        } catch (RuntimeException e) {
            failures.add(String.valueOf(e.getMessage()));
        }
        return new LeaseException(
                "lease " + record.name() + " of " + record.nic().name(), step, cause, failures);
    }
}
