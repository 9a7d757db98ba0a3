package dev.qlease.lease;

import dev.qlease.bpf.BpfFileException;
import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.linux.LinuxException;
import dev.qlease.net.NamespaceSockets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Determines the state of recorded leases and reservations. Changes nothing. */
final class LeaseStates {
    private final NamespaceSockets here;
    private final LeaseStore store;
    private final String bootId;

    /** @param here sockets in the namespace of the NICs; remain owned by the caller */
    LeaseStates(NamespaceSockets here, LeaseStore store, String bootId) {
        this.here = here;
        this.store = store;
        this.bootId = bootId;
    }

    /** Returns a lease or reservation in its current state. */
    LeaseInfo of(LeaseStore.Stored stored) {
        return switch (stored) {
            case LeaseStore.Unreadable lease -> LeaseInfo.of(lease);
            case LeaseStore.Known(LeaseRecord lease) -> of(lease);
        };
    }

    private LeaseInfo of(LeaseRecord lease) {
        if (!lease.bootId().equals(bootId)) {
            List<String> because = List.of("it was created before this machine was restarted");
            return LeaseInfo.of(lease, Status.GONE, because, Map.of());
        }
        if (lease.phase() != LeaseRecord.Phase.READY) {
            List<String> because = List.of("it is being created or deleted, or was left so by a process that ended: "
                    + "qlease lease delete " + lease.name() + " undoes it");
            return LeaseInfo.of(lease, Status.INCOMPLETE, because, Map.of());
        }
        Verification.Seen seen = look(lease);
        Status intact = lease.isReservation() ? Status.RESERVED : Status.READY;
        Status status = seen.gone() ? Status.GONE : seen.problems().isEmpty() ? intact : Status.VIOLATED;
        return LeaseInfo.of(
                lease, status, seen.problems(), lease.isReservation() ? Map.of() : GuardPrograms.dropped(lease));
    }

    /** Reports failures as a problem of this lease, so that all leases can still be listed and deleted. */
    private Verification.Seen look(LeaseRecord lease) {
        try {
            Verification verification = new Verification(here);
            return lease.isReservation() ? verification.look(lease, leaseOf(lease)) : verification.look(lease);
        } catch (LinuxException | LeaseRefusedException | BpfFileException e) {
            return new Verification.Seen(false, List.of("it cannot be checked: " + e.getMessage()));
        }
    }

    private Optional<LeaseRecord> leaseOf(LeaseRecord reservation) {
        return store.records().stream()
                .filter(lease -> lease.isLeaseOf(reservation))
                .findFirst();
    }
}
