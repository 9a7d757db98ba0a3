package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;

/** The netlink families that this library speaks; netlink(7). */
public enum NetlinkProtocol {
    /** Links, addresses, routes, neighbours: rtnetlink(7). */
    ROUTE(Uapi.NETLINK_ROUTE()),
    /** Everything that registers a family by name: netdev, ethtool. */
    GENERIC(Uapi.NETLINK_GENERIC());

    private final int number;

    NetlinkProtocol(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
