package dev.qlease.rtnetlink;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which routes to list.
 *
 * @param family those of IPv4 or those of IPv6 only
 * @param table those of this table only
 * @param oif those that leave by this link only
 * @param protocol those that this installed only
 * @param type those of this type only
 */
public record RouteFilter(
        Optional<AddressFamily> family,
        Optional<RouteTable> table,
        OptionalInt oif,
        Optional<RouteProtocol> protocol,
        Optional<RouteType> type) {
    /** All routes of all tables. */
    public static final RouteFilter ALL = new RouteFilter(
            Optional.empty(), Optional.empty(), OptionalInt.empty(), Optional.empty(), Optional.empty());

    /** These, of this family only. */
    public RouteFilter family(AddressFamily wanted) {
        return new RouteFilter(Optional.of(wanted), table, oif, protocol, type);
    }

    /** These, of this table only. */
    public RouteFilter table(RouteTable wanted) {
        return new RouteFilter(family, Optional.of(wanted), oif, protocol, type);
    }

    /** These, as far as they leave by the link {@code ifindex}. */
    public RouteFilter oif(int ifindex) {
        return new RouteFilter(family, table, OptionalInt.of(ifindex), protocol, type);
    }

    /** These, as far as this installed them. */
    public RouteFilter protocol(RouteProtocol wanted) {
        return new RouteFilter(family, table, oif, Optional.of(wanted), type);
    }

    /** These, of this type only. */
    public RouteFilter type(RouteType wanted) {
        return new RouteFilter(family, table, oif, protocol, Optional.of(wanted));
    }
}
