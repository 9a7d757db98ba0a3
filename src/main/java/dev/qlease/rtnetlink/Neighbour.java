package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.ndmsg;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.NetlinkMessage;
import dev.qlease.netlink.UnknownAttribute;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A host on a link; set {@code neighbour-attrs} with its header. With the family bridge, an entry of a forwarding
 * table.
 *
 * @param ifindex the link
 * @param family IPv4, IPv6, or bridge
 * @param state its state
 * @param flags its flags
 * @param flagsExt its extended flags
 * @param type the type of its address
 * @param dst its address
 * @param lladdr its hardware address
 * @param cacheinfo the times of its use
 * @param probes number of probes sent to it
 * @param protocol its origin
 * @param vlan the VLAN of a forwarding entry
 * @param vni the destination virtual network of a forwarding entry
 * @param srcVni the source virtual network of a forwarding entry
 * @param viaIfindex the outgoing link of a tunnel's forwarding entry
 * @param master the master of the link
 * @param linkNetnsid the id of the namespace of the link, if that is another one
 * @param nhId the next hop object that a forwarding entry uses
 * @param unknown attributes that this library has no name for
 */
public record Neighbour(
        int ifindex,
        AddressFamily family,
        NeighbourState state,
        NeighbourFlags flags,
        Optional<NeighbourExtFlags> flagsExt,
        RouteType type,
        Optional<IpAddress> dst,
        Optional<HardwareAddress> lladdr,
        Optional<NeighbourCacheInfo> cacheinfo,
        OptionalLong probes,
        Optional<RouteProtocol> protocol,
        OptionalInt vlan,
        OptionalLong vni,
        OptionalLong srcVni,
        OptionalInt viaIfindex,
        OptionalInt master,
        OptionalInt linkNetnsid,
        OptionalLong nhId,
        List<UnknownAttribute> unknown) {

    /** Reads a message whose header is struct ndmsg. */
    static Neighbour of(NetlinkMessage message) {
        int headerSize = (int) ndmsg.sizeof();
        return of(message.header(headerSize), message.attributes(NeighbourAttributes.SET, headerSize));
    }

    private static Neighbour of(MemorySegment header, Attributes a) {
        return new Neighbour(
                ndmsg.ndm_ifindex(header),
                new AddressFamily(Byte.toUnsignedInt(ndmsg.ndm_family(header))),
                new NeighbourState(Short.toUnsignedInt(ndmsg.ndm_state(header))),
                new NeighbourFlags(Byte.toUnsignedInt(ndmsg.ndm_flags(header))),
                a.find(NeighbourAttributes.FLAGS_EXT, NeighbourExtFlags::new),
                new RouteType(Byte.toUnsignedInt(ndmsg.ndm_type(header))),
                a.find(NeighbourAttributes.DST, IpAddress::of),
                a.find(NeighbourAttributes.LLADDR, HardwareAddress::of),
                a.find(NeighbourAttributes.CACHEINFO, NeighbourCacheInfo::of),
                a.findUnsigned(NeighbourAttributes.PROBES),
                a.find(NeighbourAttributes.PROTOCOL, RouteProtocol::new),
                a.find(NeighbourAttributes.VLAN),
                a.findUnsigned(NeighbourAttributes.VNI),
                a.findUnsigned(NeighbourAttributes.SRC_VNI),
                a.find(NeighbourAttributes.IFINDEX),
                a.find(NeighbourAttributes.MASTER),
                a.find(NeighbourAttributes.LINK_NETNSID),
                a.findUnsigned(NeighbourAttributes.NH_ID),
                a.unknown());
    }
}
