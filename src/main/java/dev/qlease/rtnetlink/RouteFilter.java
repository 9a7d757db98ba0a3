package dev.qlease.rtnetlink;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * A filter for listing routes.
 *
 * @param family only those of IPv4 or those of IPv6
 * @param table only those of this table
 * @param oif only those with this outgoing link
 * @param protocol only those of this origin
 * @param type only those of this type
 */
public record RouteFilter(
        Optional<AddressFamily> family,
        Optional<RouteTable> table,
        OptionalInt oif,
        Optional<RouteProtocol> protocol,
        Optional<RouteType> type) {
    /** Matches all routes of all tables. */
    public static final RouteFilter ALL = new RouteFilter(
            Optional.empty(), Optional.empty(), OptionalInt.empty(), Optional.empty(), Optional.empty());

    /** Limits the filter to this family. */
    public RouteFilter family(AddressFamily wanted) {
        return new RouteFilter(Optional.of(wanted), table, oif, protocol, type);
    }

    /** Limits the filter to this table. */
    public RouteFilter table(RouteTable wanted) {
        return new RouteFilter(family, Optional.of(wanted), oif, protocol, type);
    }

    /** Limits the filter to this outgoing link. */
    public RouteFilter oif(int ifindex) {
        return new RouteFilter(family, table, OptionalInt.of(ifindex), protocol, type);
    }

    /** Limits the filter to this origin. */
    public RouteFilter protocol(RouteProtocol wanted) {
        return new RouteFilter(family, table, oif, Optional.of(wanted), type);
    }

    /** Limits the filter to this type. */
    public RouteFilter type(RouteType wanted) {
        return new RouteFilter(family, table, oif, protocol, Optional.of(wanted));
    }
}
