package dev.qlease.rtnetlink;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which links to list.
 *
 * @param kind those of this kind only, such as {@code netkit}
 * @param master the ports of this ifindex only
 * @param targetNetnsid those of the namespace of this id, not of the socket's own; takes CAP_NET_ADMIN there
 */
public record LinkFilter(Optional<String> kind, OptionalInt master, OptionalInt targetNetnsid) {
    /** All links of the socket's namespace. */
    public static final LinkFilter ALL = new LinkFilter(Optional.empty(), OptionalInt.empty(), OptionalInt.empty());

    /** These, of this kind only. */
    public LinkFilter kind(String wanted) {
        return new LinkFilter(Optional.of(wanted), master, targetNetnsid);
    }

    /** These, as far as they are ports of the link {@code ifindex}. */
    public LinkFilter master(int ifindex) {
        return new LinkFilter(kind, OptionalInt.of(ifindex), targetNetnsid);
    }

    /** These, in the namespace of this id. */
    public LinkFilter targetNetnsid(int netnsid) {
        return new LinkFilter(kind, master, OptionalInt.of(netnsid));
    }
}
