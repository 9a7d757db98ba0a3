package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.ifinfomsg;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.BinaryFormat;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.NetlinkMessage;
import dev.qlease.netlink.UnknownAttribute;
import dev.qlease.rtnetlink.LinkAttributes.LinkSet;
import dev.qlease.rtnetlink.LinkAttributes.PropertySet;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A network device; set {@code link-attrs} with its header. The counts are as of the moment when the kernel wrote them.
 *
 * @param ifindex its number in its namespace
 * @param type its hardware type, ARPHRD_ of linux/if_arp.h: 1 for Ethernet
 * @param flags what it is and does
 * @param ifname its name in its namespace
 * @param altIfname other names that it can be asked for by, of up to 127 bytes
 * @param address its hardware address
 * @param broadcast the hardware address of all on its medium
 * @param permAddress the address that it was built with
 * @param mtu the largest packet it sends, in bytes without the link's header
 * @param minMtu the least that may be set
 * @param maxMtu the most that may be set, 0 for no limit
 * @param link the ifindex of the link it stands on, or of its peer; 0 if its kind has one but it does not
 * @param linkNetnsid the id of the namespace that {@code link} is in, if that is another one
 * @param master the ifindex of the link that it is a port of
 * @param operstate whether it can pass packets
 * @param carrier whether it has a carrier: 1 or 0
 * @param carrierChanges how often that has changed
 * @param carrierUpCount how often the carrier has come
 * @param carrierDownCount how often it has gone
 * @param linkmode IF_LINK_MODE_: 1 if user space decides when it is operational
 * @param linkinfo what kind of link it is
 * @param ifalias a description that somebody gave it
 * @param qdisc its root queueing discipline
 * @param txqlen packets that a queueing discipline may hold
 * @param group the group that it is in
 * @param promiscuity how many want it promiscuous
 * @param allmulti how many want it to receive all multicast packets
 * @param numTxQueues transmit queues that it was made with room for
 * @param numRxQueues receive queues that it was made with room for
 * @param numVf virtual functions
 * @param gsoMaxSegs segments of the largest packet given to it
 * @param gsoMaxSize bytes of the largest packet given to it, of IPv6
 * @param gsoIpv4MaxSize the same of IPv4
 * @param groMaxSize bytes of the largest packet that received ones are merged into, of IPv6
 * @param groIpv4MaxSize the same of IPv4
 * @param tsoMaxSize bytes of the largest packet that the device can segment
 * @param tsoMaxSegs the segments of that
 * @param maxPacingOffloadHorizon how far ahead the device can hold a packet back, in nanoseconds
 * @param headroom bytes that senders leave free before a packet
 * @param tailroom bytes that senders leave free after a packet
 * @param protoDown 1 if a protocol holds it down
 * @param physPortId the port of the hardware that it is, in hexadecimal
 * @param physPortName that port's name
 * @param physSwitchId the switch that the port is of, in hexadecimal
 * @param parentDevName the hardware that it belongs to, such as {@code 0000:01:00.0}
 * @param parentDevBusName the bus that the hardware is on, such as {@code pci}
 * @param netnsImmutable 1 if it cannot leave its namespace
 * @param xdp its XDP programs
 * @param stats64 what it has counted
 * @param event IFLA_EVENT_: why the kernel tells of it
 * @param targetNetnsid the id of its namespace, if it was asked for by that
 * @param newNetnsid the id of the namespace that it has moved to, when the kernel tells that it left
 * @param newIfindex its number there
 * @param unknown what a newer kernel says beside
 */
public record Link(
        int ifindex,
        int type,
        LinkFlags flags,
        String ifname,
        List<String> altIfname,
        Optional<HardwareAddress> address,
        Optional<HardwareAddress> broadcast,
        Optional<HardwareAddress> permAddress,
        OptionalInt mtu,
        OptionalInt minMtu,
        OptionalInt maxMtu,
        OptionalInt link,
        OptionalInt linkNetnsid,
        OptionalInt master,
        Optional<OperState> operstate,
        OptionalInt carrier,
        OptionalLong carrierChanges,
        OptionalLong carrierUpCount,
        OptionalLong carrierDownCount,
        OptionalInt linkmode,
        Optional<LinkInfo> linkinfo,
        Optional<String> ifalias,
        Optional<String> qdisc,
        OptionalInt txqlen,
        OptionalLong group,
        OptionalInt promiscuity,
        OptionalInt allmulti,
        OptionalInt numTxQueues,
        OptionalInt numRxQueues,
        OptionalInt numVf,
        OptionalLong gsoMaxSegs,
        OptionalLong gsoMaxSize,
        OptionalLong gsoIpv4MaxSize,
        OptionalLong groMaxSize,
        OptionalLong groIpv4MaxSize,
        OptionalLong tsoMaxSize,
        OptionalLong tsoMaxSegs,
        OptionalLong maxPacingOffloadHorizon,
        OptionalInt headroom,
        OptionalInt tailroom,
        OptionalInt protoDown,
        Optional<String> physPortId,
        Optional<String> physPortName,
        Optional<String> physSwitchId,
        Optional<String> parentDevName,
        Optional<String> parentDevBusName,
        OptionalInt netnsImmutable,
        Optional<LinkXdp> xdp,
        Optional<LinkStats> stats64,
        OptionalLong event,
        OptionalInt targetNetnsid,
        OptionalInt newNetnsid,
        OptionalInt newIfindex,
        List<UnknownAttribute> unknown) {

    /** Reads a message whose header is struct ifinfomsg. */
    static Link of(NetlinkMessage message) {
        int headerSize = (int) ifinfomsg.sizeof();
        return of(message.header(headerSize), message.attributes(LinkSet.SET, headerSize));
    }

    private static Link of(MemorySegment header, Attributes a) {
        return new Link(
                ifinfomsg.ifi_index(header),
                Short.toUnsignedInt(ifinfomsg.ifi_type(header)),
                new LinkFlags(ifinfomsg.ifi_flags(header)),
                a.find(LinkSet.IFNAME).orElse(""),
                a.find(LinkSet.PROP_LIST, properties -> properties.all(PropertySet.ALT_IFNAME))
                        .orElse(List.of()),
                a.find(LinkSet.ADDRESS, HardwareAddress::of),
                a.find(LinkSet.BROADCAST, HardwareAddress::of),
                a.find(LinkSet.PERM_ADDRESS, HardwareAddress::of),
                a.find(LinkSet.MTU),
                a.find(LinkSet.MIN_MTU),
                a.find(LinkSet.MAX_MTU),
                a.find(LinkSet.LINK),
                a.find(LinkSet.LINK_NETNSID),
                a.find(LinkSet.MASTER),
                a.find(LinkSet.OPERSTATE, OperState::new),
                a.find(LinkSet.CARRIER),
                a.findUnsigned(LinkSet.CARRIER_CHANGES),
                a.findUnsigned(LinkSet.CARRIER_UP_COUNT),
                a.findUnsigned(LinkSet.CARRIER_DOWN_COUNT),
                a.find(LinkSet.LINKMODE),
                a.find(LinkSet.LINKINFO, LinkInfo::of),
                a.find(LinkSet.IFALIAS),
                a.find(LinkSet.QDISC),
                a.find(LinkSet.TXQLEN),
                a.findUnsigned(LinkSet.GROUP),
                a.find(LinkSet.PROMISCUITY),
                a.find(LinkSet.ALLMULTI),
                a.find(LinkSet.NUM_TX_QUEUES),
                a.find(LinkSet.NUM_RX_QUEUES),
                a.find(LinkSet.NUM_VF),
                a.findUnsigned(LinkSet.GSO_MAX_SEGS),
                a.findUnsigned(LinkSet.GSO_MAX_SIZE),
                a.findUnsigned(LinkSet.GSO_IPV4_MAX_SIZE),
                a.findUnsigned(LinkSet.GRO_MAX_SIZE),
                a.findUnsigned(LinkSet.GRO_IPV4_MAX_SIZE),
                a.findUnsigned(LinkSet.TSO_MAX_SIZE),
                a.findUnsigned(LinkSet.TSO_MAX_SEGS),
                a.find(LinkSet.MAX_PACING_OFFLOAD_HORIZON),
                a.find(LinkSet.HEADROOM),
                a.find(LinkSet.TAILROOM),
                a.find(LinkSet.PROTO_DOWN),
                a.find(LinkSet.PHYS_PORT_ID, BinaryFormat.HEX::format),
                a.find(LinkSet.PHYS_PORT_NAME),
                a.find(LinkSet.PHYS_SWITCH_ID, BinaryFormat.HEX::format),
                a.find(LinkSet.PARENT_DEV_NAME),
                a.find(LinkSet.PARENT_DEV_BUS_NAME),
                a.find(LinkSet.NETNS_IMMUTABLE),
                a.find(LinkSet.XDP, LinkXdp::of),
                a.find(LinkSet.STATS64, LinkStats::of),
                a.findUnsigned(LinkSet.EVENT),
                a.find(LinkSet.TARGET_NETNSID),
                a.find(LinkSet.NEW_NETNSID),
                a.find(LinkSet.NEW_IFINDEX),
                a.unknown());
    }

    /** What the kernel calls its kind, such as {@code veth}; empty for hardware and loopback. */
    public Optional<String> kind() {
        return linkinfo.flatMap(LinkInfo::kind);
    }

    /** What it says as a netkit device, if it is one. */
    public Optional<LinkKind.Netkit> netkit() {
        return linkinfo.flatMap(LinkInfo::data)
                .filter(LinkKind.Netkit.class::isInstance)
                .map(LinkKind.Netkit.class::cast);
    }

    /** Whether an administrator wants it up. */
    public boolean isUp() {
        return flags.has(LinkFlags.UP);
    }
}
