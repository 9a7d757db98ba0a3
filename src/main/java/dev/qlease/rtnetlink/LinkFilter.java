package dev.qlease.rtnetlink;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * A filter for listing links.
 *
 * @param kind only those of this kind, such as {@code netkit}
 * @param master only the ports of this ifindex
 * @param targetNetnsid those of the namespace with this id, not of the socket's own; requires CAP_NET_ADMIN there
 */
public record LinkFilter(Optional<String> kind, OptionalInt master, OptionalInt targetNetnsid) {
    /** Matches all links of the socket's namespace. */
    public static final LinkFilter ALL = new LinkFilter(Optional.empty(), OptionalInt.empty(), OptionalInt.empty());

    /** Limits the filter to this kind. */
    public LinkFilter kind(String wanted) {
        return new LinkFilter(Optional.of(wanted), master, targetNetnsid);
    }

    /** Limits the filter to ports of the link {@code ifindex}. */
    public LinkFilter master(int ifindex) {
        return new LinkFilter(kind, OptionalInt.of(ifindex), targetNetnsid);
    }

    /** Applies the filter to the namespace with this id. */
    public LinkFilter targetNetnsid(int netnsid) {
        return new LinkFilter(kind, master, OptionalInt.of(netnsid));
    }
}
