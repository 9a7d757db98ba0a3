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
 * @param type what happens to packets that it matches
 * @param dst the destination; empty for all
 * @param dstLen how many leading bits of it count
 * @param src the source; empty for all
 * @param srcLen how many leading bits of it count
 * @param tos the type of service it matches, 0 for all
 * @param table the table that it is in
 * @param protocol who installed it
 * @param scope how far the destination is
 * @param flags what it is
 * @param iif the link that packets come by
 * @param oif the link that packets leave by
 * @param gateway the host that packets go to
 * @param via that host, if it is of another family than the route
 * @param priority the smaller the more it is preferred; iproute2's metric
 * @param prefsrc the address that packets from here get
 * @param metrics what it says to protocols
 * @param multipath the ways it takes, if they are several
 * @param nhId the next hop object that it uses
 * @param flow the realm, for statistics
 * @param cacheinfo what the kernel knows of its use
 * @param mark the mark that packets have
 * @param uid the user that packets are of, in the answer to a lookup
 * @param pref how a router advertisement prefers it: 0 medium, 1 high, 3 low
 * @param encapType LWTUNNEL_ENCAP_: what packets are put into
 * @param encap how, in hexadecimal
 * @param ttlPropagate whether the time to live passes into MPLS
 * @param ipProto the protocol that packets are of, in the answer to a lookup
 * @param expires seconds until it is gone, of multicast routes
 * @param delReason why it was deleted
 * @param unknown what a newer kernel says beside
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

    /** The destination with its length; all addresses of the family for a default route. */
    public IpPrefix destination() {
        IpPrefix all = family.equals(AddressFamily.INET6) ? IpPrefix.ALL_IPV6 : IpPrefix.ALL_IPV4;
        return dst.map(address -> new IpPrefix(address, dstLen)).orElse(all);
    }
}
