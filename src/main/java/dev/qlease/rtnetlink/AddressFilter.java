package dev.qlease.rtnetlink;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which addresses to list.
 *
 * @param family those of IPv4 or those of IPv6 only
 * @param ifindex those of this link only
 * @param targetNetnsid those of the namespace of this id, not of the socket's own; takes CAP_NET_ADMIN there
 */
public record AddressFilter(Optional<AddressFamily> family, OptionalInt ifindex, OptionalInt targetNetnsid) {
    /** All addresses of the socket's namespace. */
    public static final AddressFilter ALL =
            new AddressFilter(Optional.empty(), OptionalInt.empty(), OptionalInt.empty());

    /** These, of this family only. */
    public AddressFilter family(AddressFamily wanted) {
        return new AddressFilter(Optional.of(wanted), ifindex, targetNetnsid);
    }

    /** These, of this link only. */
    public AddressFilter ifindex(int wanted) {
        return new AddressFilter(family, OptionalInt.of(wanted), targetNetnsid);
    }

    /** These, in the namespace of this id. */
    public AddressFilter targetNetnsid(int netnsid) {
        return new AddressFilter(family, ifindex, OptionalInt.of(netnsid));
    }
}
