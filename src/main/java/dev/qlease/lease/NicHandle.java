package dev.qlease.lease;

import dev.qlease.ethtool.Ethtool;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.rtnetlink.Link;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A NIC at its current place.
 *
 * @param sockets sockets in its namespace; not owned
 * @param link the device
 */
record NicHandle(NamespaceSockets sockets, Link link) {
    int ifindex() {
        return link.ifindex();
    }

    String name() {
        return link.ifname();
    }

    Ethtool ethtool() {
        return sockets.ethtool();
    }

    /** Makes a query that not all drivers support; returns empty if the driver does not. */
    static <T> Optional<T> asked(Supplier<T> question) {
        try {
            return Optional.of(question.get());
        } catch (UnsupportedException e) {
            return Optional.empty();
        }
    }
}
