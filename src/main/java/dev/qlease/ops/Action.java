package dev.qlease.ops;

import java.util.List;
import java.util.Optional;

/**
 * A change of a lease.
 *
 * @param kind what is done
 * @param name the lease
 * @param old the existing lease; empty for a new one
 * @param wanted the wanted lease; empty for one that is deleted
 * @param differences what is different, for a lease that is deleted and created again
 */
record Action(
        Kind kind, String name, Optional<ActualLease> old, Optional<LeaseState> wanted, List<Difference> differences) {
    /** What is done with a lease. */
    enum Kind {
        /** It is created. */
        CREATE("+"),
        /** It is deleted. */
        DELETE("-"),
        /** It is deleted and created again. */
        CHANGE("~");

        private final String sign;

        Kind(String sign) {
            this.sign = sign;
        }

        String sign() {
            return sign;
        }

        String text() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    static Action create(LeaseState wanted) {
        return new Action(Kind.CREATE, wanted.name(), Optional.empty(), Optional.of(wanted), List.of());
    }

    static Action delete(ActualLease old) {
        return new Action(Kind.DELETE, old.name(), Optional.of(old), Optional.empty(), List.of());
    }

    static Action change(ActualLease old, LeaseState wanted, List<Difference> differences) {
        return new Action(Kind.CHANGE, old.name(), Optional.of(old), Optional.of(wanted), differences);
    }
}
