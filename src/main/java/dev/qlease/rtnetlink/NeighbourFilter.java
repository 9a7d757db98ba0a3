package dev.qlease.rtnetlink;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which neighbours to list.
 *
 * @param family those of IPv4 or those of IPv6 only
 * @param ifindex those on this link only
 * @param master those on the ports of this link only
 * @param proxies the addresses that this machine answers for, instead of the neighbours
 */
public record NeighbourFilter(
        Optional<AddressFamily> family, OptionalInt ifindex, OptionalInt master, boolean proxies) {
    /** All neighbours. */
    public static final NeighbourFilter ALL =
            new NeighbourFilter(Optional.empty(), OptionalInt.empty(), OptionalInt.empty(), false);

    /** These, of this family only. */
    public NeighbourFilter family(AddressFamily wanted) {
        return new NeighbourFilter(Optional.of(wanted), ifindex, master, proxies);
    }

    /** These, as far as they are on this link. */
    public NeighbourFilter ifindex(int wanted) {
        return new NeighbourFilter(family, OptionalInt.of(wanted), master, proxies);
    }

    /** These, as far as they are on ports of this link. */
    public NeighbourFilter master(int wanted) {
        return new NeighbourFilter(family, ifindex, OptionalInt.of(wanted), proxies);
    }

    /** The addresses that this machine answers for instead. */
    public NeighbourFilter onlyProxies() {
        return new NeighbourFilter(family, ifindex, master, true);
    }
}
