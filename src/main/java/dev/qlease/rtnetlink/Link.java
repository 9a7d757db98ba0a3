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
 * A network device; set {@code link-attrs} with its header. Counters are as of the time when the kernel wrote the
 * message.
 *
 * @param ifindex its number in its namespace
 * @param type its hardware type, ARPHRD_ of linux/if_arp.h: 1 for Ethernet
 * @param flags its flags
 * @param ifname its name in its namespace
 * @param altIfname its alternative names, of up to 127 bytes each
 * @param address its hardware address
 * @param broadcast its hardware broadcast address
 * @param permAddress its permanent hardware address
 * @param mtu maximum size of a packet in bytes, without the link's header
 * @param minMtu minimum MTU
 * @param maxMtu maximum MTU; 0 for no limit
 * @param link the ifindex of its lower link or peer; 0 if its kind can have one but it has none
 * @param linkNetnsid the id of the namespace of {@code link}, if that is another one
 * @param master the ifindex of the link of which it is a port
 * @param operstate its operational state
 * @param carrier 1 if it has a carrier, else 0
 * @param carrierChanges number of changes of the carrier
 * @param carrierUpCount number of times the carrier came up
 * @param carrierDownCount number of times the carrier went down
 * @param linkmode IF_LINK_MODE_: 1 if user space decides when it is operational
 * @param linkinfo its kind
 * @param ifalias a description set by an administrator
 * @param qdisc its root queueing discipline
 * @param txqlen number of packets that a queueing discipline may hold
 * @param group its group
 * @param promiscuity number of users that require promiscuous mode
 * @param allmulti number of users that require all multicast packets
 * @param numTxQueues maximum number of transmit queues, fixed at its creation
 * @param numRxQueues maximum number of receive queues, fixed at its creation
 * @param numVf number of virtual functions
 * @param gsoMaxSegs maximum number of segments of a packet to be segmented
 * @param gsoMaxSize maximum size in bytes of an IPv6 packet to be segmented
 * @param gsoIpv4MaxSize maximum size in bytes of an IPv4 packet to be segmented
 * @param groMaxSize maximum size in bytes to which received IPv6 packets are merged
 * @param groIpv4MaxSize maximum size in bytes to which received IPv4 packets are merged
 * @param tsoMaxSize maximum size in bytes of a packet that the device can segment
 * @param tsoMaxSegs maximum number of segments of such a packet
 * @param maxPacingOffloadHorizon maximum time in nanoseconds for which the device can delay a packet
 * @param headroom bytes that senders leave free before a packet
 * @param tailroom bytes that senders leave free after a packet
 * @param protoDown 1 if a protocol holds it down
 * @param physPortId the id of its physical port, in hexadecimal
 * @param physPortName the name of its physical port
 * @param physSwitchId the id of the switch to which the port belongs, in hexadecimal
 * @param parentDevName the name of its parent device, such as {@code 0000:01:00.0}
 * @param parentDevBusName the bus of its parent device, such as {@code pci}
 * @param netnsImmutable 1 if it cannot be moved to another namespace
 * @param xdp its XDP programs
 * @param stats64 its statistics
 * @param event IFLA_EVENT_: the reason for the notification
 * @param targetNetnsid the id of its namespace, if the request named the namespace by id
 * @param newNetnsid in a notification that it left its namespace, the id of the new one
 * @param newIfindex its ifindex in the new namespace
 * @param unknown attributes that this library has no name for
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

    /** Returns its kind, such as {@code veth}; empty for hardware and loopback devices. */
    public Optional<String> kind() {
        return linkinfo.flatMap(LinkInfo::kind);
    }

    /** Returns its netkit data, if it is a netkit device. */
    public Optional<LinkKind.Netkit> netkit() {
        return linkinfo.flatMap(LinkInfo::data)
                .filter(LinkKind.Netkit.class::isInstance)
                .map(LinkKind.Netkit.class::cast);
    }

    /** Returns whether it is administratively up. */
    public boolean isUp() {
        return flags.has(LinkFlags.UP);
    }
}
