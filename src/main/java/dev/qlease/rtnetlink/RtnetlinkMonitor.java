package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.ifinfomsg;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.NetlinkMessage;
import dev.qlease.netlink.NetlinkProtocol;
import dev.qlease.netlink.NotificationSocket;
import dev.qlease.rtnetlink.RtnetlinkEvent.AddressEvent;
import dev.qlease.rtnetlink.RtnetlinkEvent.Change;
import dev.qlease.rtnetlink.RtnetlinkEvent.LinkEvent;
import dev.qlease.rtnetlink.RtnetlinkEvent.NamespaceIdEvent;
import dev.qlease.rtnetlink.RtnetlinkEvent.NeighbourEvent;
import dev.qlease.rtnetlink.RtnetlinkEvent.RouteEvent;
import java.util.Optional;
import java.util.Set;

/**
 * Opens sockets that receive the events of links, addresses, routes, neighbours and namespace ids.
 *
 * {@snippet :
 * try (NotificationSocket<RtnetlinkEvent> socket = open(NetworkNamespace.ofCaller(), 0, Set.of(Group.LINK))) {
 *     socket.forEach(System.out::println);
 * }
 * }
 */
public final class RtnetlinkMonitor {
    /** A multicast group, by the objects whose events it delivers; RTNLGRP_ in linux/rtnetlink.h. */
    public enum Group {
        /** Links. */
        LINK(Uapi.RTNLGRP_LINK()),
        /** IPv4 addresses. */
        IPV4_ADDRESS(Uapi.RTNLGRP_IPV4_IFADDR()),
        /** IPv6 addresses. */
        IPV6_ADDRESS(Uapi.RTNLGRP_IPV6_IFADDR()),
        /** IPv4 routes. */
        IPV4_ROUTE(Uapi.RTNLGRP_IPV4_ROUTE()),
        /** IPv6 routes. */
        IPV6_ROUTE(Uapi.RTNLGRP_IPV6_ROUTE()),
        /** Neighbours of IPv4 and IPv6, and the entries of bridges' forwarding tables. */
        NEIGHBOUR(Uapi.RTNLGRP_NEIGH()),
        /** Ids of other namespaces. */
        NAMESPACE_ID(Uapi.RTNLGRP_NSID());

        private final int number;

        Group(int number) {
            this.number = number;
        }
    }

    private static final int AF_UNSPEC = AddressFamily.UNSPEC.value();

    private RtnetlinkMonitor() {}

    /**
     * Opens a socket that receives the events of {@code groups}; the caller closes it.
     *
     * @param namespace the namespace whose events are received
     * @param receiveQueue bytes that the kernel may queue until they are read; 0 for the system's default
     * @throws LinuxException EPERM if this process may not enter the namespace
     */
    public static NotificationSocket<RtnetlinkEvent> open(
            NetworkNamespace namespace, int receiveQueue, Set<Group> groups) {
        int[] numbers = groups.stream().mapToInt(group -> group.number).toArray();
        return NotificationSocket.open(
                NetlinkProtocol.ROUTE, namespace, numbers, receiveQueue, RtnetlinkMonitor::decode);
    }

    private static Optional<RtnetlinkEvent> decode(NetlinkMessage message) {
        int type = message.type();
        if (type == Uapi.RTM_NEWLINK() || type == Uapi.RTM_DELLINK()) {
            return link(change(type, Uapi.RTM_NEWLINK()), message);
        }
        if (type == Uapi.RTM_NEWADDR() || type == Uapi.RTM_DELADDR()) {
            return Optional.of(new AddressEvent(change(type, Uapi.RTM_NEWADDR()), Address.of(message)));
        }
        if (type == Uapi.RTM_NEWROUTE() || type == Uapi.RTM_DELROUTE()) {
            return Optional.of(new RouteEvent(change(type, Uapi.RTM_NEWROUTE()), Route.of(message)));
        }
        if (type == Uapi.RTM_NEWNEIGH() || type == Uapi.RTM_DELNEIGH()) {
            return Optional.of(new NeighbourEvent(change(type, Uapi.RTM_NEWNEIGH()), Neighbour.of(message)));
        }
        if (type == Uapi.RTM_NEWNSID() || type == Uapi.RTM_DELNSID()) {
            return Optional.of(new NamespaceIdEvent(change(type, Uapi.RTM_NEWNSID()), NamespaceId.of(message)));
        }
        return Optional.empty();
    }

    private static Change change(int type, int typeOfNew) {
        return type == typeOfNew ? Change.NEW : Change.DEL;
    }

    /**
     * Decodes a link event. A bridge reports its ports in messages of its own family, which are skipped: a port deleted
     * from the bridge still exists as a link.
     */
    private static Optional<RtnetlinkEvent> link(Change change, NetlinkMessage message) {
        int family = Byte.toUnsignedInt(ifinfomsg.ifi_family(message.header((int) ifinfomsg.sizeof())));
        return family == AF_UNSPEC ? Optional.of(new LinkEvent(change, Link.of(message))) : Optional.empty();
    }
}
