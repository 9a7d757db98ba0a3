package dev.qlease.rtnetlink;

/** A notification of rtnetlink's multicast groups. */
public sealed interface RtnetlinkEvent {
    /** The kind of change. */
    enum Change {
        /** Added or changed. */
        NEW,
        /** Removed. */
        DEL
    }

    /** Returns the kind of change. */
    Change change();

    /**
     * A change of a link. A link that moves to another namespace is removed here; {@link Link#newNetnsid()} names that
     * namespace.
     *
     * @param change the kind of change
     * @param link the link in its current or last state
     */
    record LinkEvent(Change change, Link link) implements RtnetlinkEvent {}

    /**
     * A change of an address.
     *
     * @param change the kind of change
     * @param address the address in its current or last state
     */
    record AddressEvent(Change change, Address address) implements RtnetlinkEvent {}

    /**
     * A change of a route. The kernel does not report IPv4 routes that are removed with their link.
     *
     * @param change the kind of change
     * @param route the route in its current or last state
     */
    record RouteEvent(Change change, Route route) implements RtnetlinkEvent {}

    /**
     * A change of a neighbour, or of an entry of a bridge's forwarding table.
     *
     * @param change the kind of change
     * @param neighbour the neighbour in its current or last state
     */
    record NeighbourEvent(Change change, Neighbour neighbour) implements RtnetlinkEvent {}

    /**
     * A change of the id of another namespace.
     *
     * @param change the kind of change
     * @param id the id
     */
    record NamespaceIdEvent(Change change, NamespaceId id) implements RtnetlinkEvent {}
}
