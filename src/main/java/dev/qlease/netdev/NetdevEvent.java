package dev.qlease.netdev;

/** A notification of the family's multicast groups. */
public sealed interface NetdevEvent {
    /** The kind of change. */
    enum Change {
        /** Added. */
        ADD,
        /** Removed. */
        DEL,
        /** Reconfigured. */
        CHANGE
    }

    /** Returns the kind of change. */
    Change change();

    /**
     * A change of a device; group {@code mgmt}.
     *
     * @param change the kind of change
     * @param dev the device
     */
    record DevEvent(Change change, Dev dev) implements NetdevEvent {}

    /**
     * A change of a page pool; group {@code page-pool}.
     *
     * @param change the kind of change
     * @param pagePool the pool
     */
    record PagePoolEvent(Change change, PagePool pagePool) implements NetdevEvent {}
}
