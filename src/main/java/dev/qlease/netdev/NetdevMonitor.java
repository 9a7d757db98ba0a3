package dev.qlease.netdev;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.genlmsghdr;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netdev.NetdevAttributes.DevAttributes;
import dev.qlease.netdev.NetdevAttributes.PagePoolAttributes;
import dev.qlease.netdev.NetdevEvent.Change;
import dev.qlease.netdev.NetdevEvent.DevEvent;
import dev.qlease.netdev.NetdevEvent.PagePoolEvent;
import dev.qlease.netlink.GenericFamily;
import dev.qlease.netlink.GenericNetlink;
import dev.qlease.netlink.NetlinkMessage;
import dev.qlease.netlink.NetlinkProtocol;
import dev.qlease.netlink.NotificationSocket;
import java.util.Map;
import java.util.Optional;

/** Opens sockets that receive the events of devices and page pools. */
public final class NetdevMonitor {
    private static final Map<Integer, Change> DEV_CHANGES = Map.of(
            Uapi.NETDEV_CMD_DEV_ADD_NTF(), Change.ADD,
            Uapi.NETDEV_CMD_DEV_DEL_NTF(), Change.DEL,
            Uapi.NETDEV_CMD_DEV_CHANGE_NTF(), Change.CHANGE);
    private static final Map<Integer, Change> PAGE_POOL_CHANGES = Map.of(
            Uapi.NETDEV_CMD_PAGE_POOL_ADD_NTF(), Change.ADD,
            Uapi.NETDEV_CMD_PAGE_POOL_DEL_NTF(), Change.DEL,
            Uapi.NETDEV_CMD_PAGE_POOL_CHANGE_NTF(), Change.CHANGE);

    private NetdevMonitor() {}

    /**
     * Opens a socket that receives the groups {@code mgmt} and {@code page-pool}; the caller closes it.
     *
     * @param namespace the namespace whose events are received
     * @param receiveQueue bytes that the kernel may queue until they are read; 0 for the system's default
     */
    public static NotificationSocket<NetdevEvent> open(NetworkNamespace namespace, int receiveQueue) {
        GenericFamily family;
        try (GenericNetlink netlink = GenericNetlink.open(namespace)) {
            family = netlink.family(Netdev.FAMILY);
        }
        int[] groups = {
            family.group(Uapi.NETDEV_MCGRP_MGMT().getString(0)),
            family.group(Uapi.NETDEV_MCGRP_PAGE_POOL().getString(0))
        };
        return NotificationSocket.open(
                NetlinkProtocol.GENERIC, namespace, groups, receiveQueue, message -> decode(family.id(), message));
    }

    private static Optional<NetdevEvent> decode(int familyId, NetlinkMessage message) {
        if (message.type() != familyId) {
            return Optional.empty();
        }
        int headerSize = (int) genlmsghdr.sizeof();
        Change dev = DEV_CHANGES.get(message.command());
        if (dev != null) {
            return Optional.of(new DevEvent(dev, Dev.of(message.attributes(DevAttributes.SET, headerSize))));
        }
        Change pool = PAGE_POOL_CHANGES.get(message.command());
        if (pool != null) {
            return Optional.of(
                    new PagePoolEvent(pool, PagePool.of(message.attributes(PagePoolAttributes.SET, headerSize))));
        }
        return Optional.empty();
    }
}
