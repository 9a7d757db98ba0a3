package dev.qlease.rtnetlink;

/** What rtnetlink's multicast groups say. */
public sealed interface RtnetlinkEvent {
    /** What happened. */
    enum Change {
        /** It appeared, or is otherwise than before. */
        NEW,
        /** It is gone. */
        DEL
    }

    /** What happened. */
    Change change();

    /**
     * Of a link. One that moves to another namespace is gone here; {@link Link#newNetnsid()} then says where it is.
     *
     * @param change what happened
     * @param link the link, as it is or was last
     */
    record LinkEvent(Change change, Link link) implements RtnetlinkEvent {}

    /**
     * Of an address.
     *
     * @param change what happened
     * @param address the address, as it is or was last
     */
    record AddressEvent(Change change, Address address) implements RtnetlinkEvent {}

    /**
     * Of a route. The kernel does not tell of the IPv4 routes that go with their link.
     *
     * @param change what happened
     * @param route the route, as it is or was last
     */
    record RouteEvent(Change change, Route route) implements RtnetlinkEvent {}

    /**
     * Of a neighbour, or of an entry of a bridge's forwarding table.
     *
     * @param change what happened
     * @param neighbour the neighbour, as it is or was last
     */
    record NeighbourEvent(Change change, Neighbour neighbour) implements RtnetlinkEvent {}

    /**
     * Of the id of another namespace.
     *
     * @param change what happened
     * @param id the id
     */
    record NamespaceIdEvent(Change change, NamespaceId id) implements RtnetlinkEvent {}
}
