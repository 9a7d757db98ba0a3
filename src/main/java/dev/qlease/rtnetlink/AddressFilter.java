package dev.qlease.rtnetlink;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * A filter for listing addresses.
 *
 * @param family only those of IPv4 or those of IPv6
 * @param ifindex only those of this link
 * @param targetNetnsid those of the namespace with this id, not of the socket's own; requires CAP_NET_ADMIN there
 */
public record AddressFilter(Optional<AddressFamily> family, OptionalInt ifindex, OptionalInt targetNetnsid) {
    /** Matches all addresses of the socket's namespace. */
    public static final AddressFilter ALL =
            new AddressFilter(Optional.empty(), OptionalInt.empty(), OptionalInt.empty());

    /** Limits the filter to this family. */
    public AddressFilter family(AddressFamily wanted) {
        return new AddressFilter(Optional.of(wanted), ifindex, targetNetnsid);
    }

    /** Limits the filter to this link. */
    public AddressFilter ifindex(int wanted) {
        return new AddressFilter(family, OptionalInt.of(wanted), targetNetnsid);
    }

    /** Applies the filter to the namespace with this id. */
    public AddressFilter targetNetnsid(int netnsid) {
        return new AddressFilter(family, ifindex, OptionalInt.of(netnsid));
    }
}
