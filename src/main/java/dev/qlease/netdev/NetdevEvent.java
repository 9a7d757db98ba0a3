package dev.qlease.netdev;

/** What the family's multicast groups say. */
public sealed interface NetdevEvent {
    /** What happened. */
    enum Change {
        /** It appeared. */
        ADD,
        /** It is gone. */
        DEL,
        /** It was configured anew. */
        CHANGE
    }

    /** What happened. */
    Change change();

    /**
     * Of a device; group {@code mgmt}.
     *
     * @param change what happened
     * @param dev the device
     */
    record DevEvent(Change change, Dev dev) implements NetdevEvent {}

    /**
     * Of a page pool; group {@code page-pool}.
     *
     * @param change what happened
     * @param pagePool the pool
     */
    record PagePoolEvent(Change change, PagePool pagePool) implements NetdevEvent {}
}
