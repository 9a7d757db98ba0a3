package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.sys.NativeAccess;
import java.util.function.IntSupplier;

/** The netlink families that this library speaks; netlink(7). */
public enum NetlinkProtocol {
    /** Links, addresses, routes, neighbours: rtnetlink(7). */
    ROUTE(Uapi::NETLINK_ROUTE),
    /** All families that register by name: netdev, ethtool. */
    GENERIC(Uapi::NETLINK_GENERIC);

    private final int number;

    /** Takes a reference, since the constant itself cannot be read before {@link NativeAccess#require()}. */
    NetlinkProtocol(IntSupplier number) {
        NativeAccess.require();
        this.number = number.getAsInt();
    }

    int number() {
        return number;
    }
}
