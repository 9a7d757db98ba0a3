package dev.qlease.rtnetlink;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * A filter for listing neighbours.
 *
 * @param family only those of IPv4 or those of IPv6
 * @param ifindex only those on this link
 * @param master only those on the ports of this link
 * @param proxies whether to list proxy entries instead: the addresses for which this machine answers
 */
public record NeighbourFilter(
        Optional<AddressFamily> family, OptionalInt ifindex, OptionalInt master, boolean proxies) {
    /** Matches all neighbours. */
    public static final NeighbourFilter ALL =
            new NeighbourFilter(Optional.empty(), OptionalInt.empty(), OptionalInt.empty(), false);

    /** Limits the filter to this family. */
    public NeighbourFilter family(AddressFamily wanted) {
        return new NeighbourFilter(Optional.of(wanted), ifindex, master, proxies);
    }

    /** Limits the filter to this link. */
    public NeighbourFilter ifindex(int wanted) {
        return new NeighbourFilter(family, OptionalInt.of(wanted), master, proxies);
    }

    /** Limits the filter to ports of this link. */
    public NeighbourFilter master(int wanted) {
        return new NeighbourFilter(family, ifindex, OptionalInt.of(wanted), proxies);
    }

    /** Matches proxy entries instead. */
    public NeighbourFilter onlyProxies() {
        return new NeighbourFilter(family, ifindex, master, true);
    }
}
