package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.rtmsg;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.BinaryFormat;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.NetlinkMessage;
import dev.qlease.netlink.UnknownAttribute;
import dev.qlease.rtnetlink.RouteAttributes.RouteSet;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A route; set {@code route-attrs} with its header.
 *
 * @param family IPv4 or IPv6
 * @param type its type: what happens to packets that match
 * @param dst the destination; empty for all
 * @param dstLen the prefix length of the destination
 * @param src the source; empty for all
 * @param srcLen the prefix length of the source
 * @param tos the type of service that it matches; 0 for all
 * @param table its table
 * @param protocol its origin
 * @param scope the scope of the destination
 * @param flags its flags
 * @param iif the incoming link
 * @param oif the outgoing link
 * @param gateway the gateway
 * @param via the gateway, if it is of another family than the route
 * @param priority its priority, which iproute2 calls metric; smaller values are preferred
 * @param prefsrc the source address of packets from this machine
 * @param metrics its metrics
 * @param multipath the next hops, if there are several
 * @param nhId the next hop object that it uses
 * @param flow the realm, for statistics
 * @param cacheinfo the state of its use
 * @param mark the mark that packets have
 * @param uid in the reply to a lookup, the user who owns the packet
 * @param pref its preference in a router advertisement: 0 medium, 1 high, 3 low
 * @param encapType the type of encapsulation, LWTUNNEL_ENCAP_
 * @param encap the encapsulation, in hexadecimal
 * @param ttlPropagate whether the time to live is propagated to MPLS
 * @param ipProto in the reply to a lookup, the protocol of the packet
 * @param expires seconds until a multicast route expires
 * @param delReason why it was deleted
 * @param unknown attributes that this library has no name for
 */
public record Route(
        AddressFamily family,
        RouteType type,
        Optional<IpAddress> dst,
        int dstLen,
        Optional<IpAddress> src,
        int srcLen,
        int tos,
        RouteTable table,
        RouteProtocol protocol,
        Scope scope,
        RouteFlags flags,
        OptionalInt iif,
        OptionalInt oif,
        Optional<IpAddress> gateway,
        Optional<IpAddress> via,
        OptionalLong priority,
        Optional<IpAddress> prefsrc,
        Optional<RouteMetrics> metrics,
        List<NextHop> multipath,
        OptionalLong nhId,
        OptionalLong flow,
        Optional<RouteCacheInfo> cacheinfo,
        OptionalLong mark,
        OptionalLong uid,
        OptionalInt pref,
        OptionalInt encapType,
        Optional<String> encap,
        OptionalInt ttlPropagate,
        OptionalInt ipProto,
        OptionalLong expires,
        Optional<RouteDelReason> delReason,
        List<UnknownAttribute> unknown) {

    /** Reads a message whose header is struct rtmsg. */
    static Route of(NetlinkMessage message) {
        int headerSize = (int) rtmsg.sizeof();
        return of(message.header(headerSize), message.attributes(RouteSet.SET, headerSize));
    }

    private static Route of(MemorySegment header, Attributes a) {
        // The header has room for tables up to 255; the attribute has them all.
        int smallTable = Byte.toUnsignedInt(rtmsg.rtm_table(header));
        return new Route(
                new AddressFamily(Byte.toUnsignedInt(rtmsg.rtm_family(header))),
                new RouteType(Byte.toUnsignedInt(rtmsg.rtm_type(header))),
                a.find(RouteSet.DST, IpAddress::of),
                Byte.toUnsignedInt(rtmsg.rtm_dst_len(header)),
                a.find(RouteSet.SRC, IpAddress::of),
                Byte.toUnsignedInt(rtmsg.rtm_src_len(header)),
                Byte.toUnsignedInt(rtmsg.rtm_tos(header)),
                new RouteTable(a.find(RouteSet.TABLE_ID).orElse(smallTable)),
                new RouteProtocol(Byte.toUnsignedInt(rtmsg.rtm_protocol(header))),
                new Scope(Byte.toUnsignedInt(rtmsg.rtm_scope(header))),
                new RouteFlags(rtmsg.rtm_flags(header)),
                a.find(RouteSet.IIF),
                a.find(RouteSet.OIF),
                a.find(RouteSet.GATEWAY, IpAddress::of),
                a.find(RouteSet.VIA, Via::read),
                a.findUnsigned(RouteSet.PRIORITY),
                a.find(RouteSet.PREFSRC, IpAddress::of),
                a.find(RouteSet.METRICS, RouteMetrics::of),
                a.find(RouteSet.MULTIPATH, NextHop::list).orElse(List.of()),
                a.findUnsigned(RouteSet.NH_ID),
                a.findUnsigned(RouteSet.FLOW),
                a.find(RouteSet.CACHEINFO, RouteCacheInfo::of),
                a.findUnsigned(RouteSet.MARK),
                a.findUnsigned(RouteSet.UID),
                a.find(RouteSet.PREF),
                a.find(RouteSet.ENCAP_TYPE),
                a.find(RouteSet.ENCAP, BinaryFormat.HEX::format),
                a.find(RouteSet.TTL_PROPAGATE),
                a.find(RouteSet.IP_PROTO),
                a.findUnsigned(RouteSet.EXPIRES),
                a.find(RouteSet.DEL_REASON, RouteDelReason::new),
                a.unknown());
    }

    /** Returns the destination with its prefix length; all addresses of the family for a default route. */
    public IpPrefix destination() {
        IpPrefix all = family.equals(AddressFamily.INET6) ? IpPrefix.ALL_IPV6 : IpPrefix.ALL_IPV4;
        return dst.map(address -> new IpPrefix(address, dstLen)).orElse(all);
    }
}
