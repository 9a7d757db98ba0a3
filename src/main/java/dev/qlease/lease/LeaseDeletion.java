package dev.qlease.lease;

import dev.qlease.lease.LeaseRefusedException.Reason;
import dev.qlease.linux.LinuxException;
import dev.qlease.net.NamespaceSockets;
import java.util.ArrayList;
import java.util.List;

/** Deletes recorded leases and reservations: undoes their changes, and then removes their records. */
final class LeaseDeletion implements AutoCloseable {
    private final LeaseStore store;
    private final UndoExecutor undo;

    /** @param here sockets in the namespace of the NICs; remain owned by the caller */
    LeaseDeletion(NamespaceSockets here, LeaseStore store, String bootId) {
        this.store = store;
        this.undo = new UndoExecutor(here, store, bootId);
    }

    /**
     * Deletes one lease or reservation.
     *
     * @return what was left unchanged and why, each as a sentence
     * @throws LeaseException if something could not be undone; the record then remains
     */
    List<String> delete(LeaseStore.Stored stored) {
        return switch (stored) {
            case LeaseStore.Known(LeaseRecord lease) -> delete(lease);
            case LeaseStore.Unreadable lease -> delete(lease);
        };
    }

    private List<String> delete(LeaseRecord lease) {
        mark(lease);
        undo.undo(lease, lease.undo());
        requireUndone(lease.name());
        store.remove(lease.name(), lease.id());
        return undo.notes();
    }

    /**
     * Marks a lease as being deleted, for processes that list leases in the meantime. Ignores failures, so that a lease
     * can be deleted even if the disk is full.
     */
    private void mark(LeaseRecord lease) {
        try {
            store.save(lease.with(LeaseRecord.Phase.DELETING));
        } catch (LinuxException e) {
            return;
        }
    }

    private List<String> delete(LeaseStore.Unreadable lease) {
        undo.undoUnreadable(lease.id());
        requireUndone(lease.name());
        store.remove(lease.name(), lease.id());
        List<String> notes = new ArrayList<>(undo.notes());
        notes.add("flow rules and RSS contexts of " + lease.name()
                + " are not known, since its record could not be read: ethtool -n and -x show what is left on the NIC");
        return notes;
    }

    private void requireUndone(String name) {
        List<String> failures = undo.failures();
        if (!failures.isEmpty()) {
            throw new LeaseException(
                    "lease " + name,
                    "delete",
                    new LeaseRefusedException(Reason.IN_USE, "some changes could not be undone"),
                    failures);
        }
    }

    @Override
    public void close() {
        undo.close();
    }
}
