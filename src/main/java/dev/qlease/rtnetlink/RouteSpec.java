package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.rtmsg;
import dev.qlease.netlink.Attribute;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.Request;
import dev.qlease.rtnetlink.RouteAttributes.MetricSet;
import dev.qlease.rtnetlink.RouteAttributes.RouteSet;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The specification of a route to add or delete. Immutable; each method returns a copy with one more setting.
 *
 * {@snippet :
 * rtnl.routes().add(RouteSpec.to(IpPrefix.parse("10.1.0.0/16")).via(IpAddress.parse("10.0.0.2")).oif(ifindex));
 * }
 *
 * <p>The defaults are a unicast route of table main with the origin {@link RouteProtocol#STATIC}; in a request to
 * delete, a route of any type and origin.
 */
public final class RouteSpec {
    private final IpPrefix destination;
    private final Settings settings;
    private final Settings metrics;
    private final RouteFlags flags;
    private final Fields fields;

    /** The fields of the header other than the destination; null if not specified. */
    private record Fields(
            @Nullable RouteType type,
            @Nullable RouteProtocol protocol,
            @Nullable Scope scope,
            int tos) {}

    private RouteSpec(IpPrefix destination, Settings settings, Settings metrics, RouteFlags flags, Fields fields) {
        this.destination = destination;
        this.settings = settings;
        this.metrics = metrics;
        this.flags = flags;
        this.fields = fields;
    }

    /**
     * Returns a route to {@code destination}, whose bits beyond its length are 0; {@link IpPrefix#ALL_IPV4} or {@link
     * IpPrefix#ALL_IPV6} for a default route.
     */
    public static RouteSpec to(IpPrefix destination) {
        Settings settings = Settings.NONE.with(RouteSet.TABLE_ID, RouteTable.MAIN);
        if (destination.length() > 0) {
            settings = settings.with(RouteSet.DST, destination.address());
        }
        return new RouteSpec(destination, settings, Settings.NONE, RouteFlags.NONE, new Fields(null, null, null, 0));
    }

    private RouteSpec with(Attribute attribute, Object value) {
        return new RouteSpec(destination, settings.with(attribute, value), metrics, flags, fields);
    }

    private RouteSpec fields(Fields changed) {
        return new RouteSpec(destination, settings, metrics, flags, changed);
    }

    private AddressFamily family() {
        return AddressFamily.of(destination.address());
    }

    /** Sets the gateway, which may be an IPv6 address for an IPv4 route. */
    public RouteSpec via(IpAddress gateway) {
        return gateway.isIpv6() == destination.address().isIpv6()
                ? with(RouteSet.GATEWAY, gateway)
                : with(RouteSet.VIA, new Settings.Encoded(Via.bytes(gateway), gateway.toString()));
    }

    /** Sets the outgoing link. */
    public RouteSpec oif(int ifindex) {
        return with(RouteSet.OIF, ifindex);
    }

    /** Sets several next hops, each with its share of the packets. */
    public RouteSpec multipath(NextHop... hops) {
        return with(
                RouteSet.MULTIPATH,
                new Settings.Encoded(
                        NextHop.bytes(List.of(hops), family()), List.of(hops).toString()));
    }

    /** Treats the gateway as directly reachable on the link, whatever its address. */
    public RouteSpec onlink() {
        return new RouteSpec(destination, settings, metrics, flags.and(RouteFlags.ONLINK), fields);
    }

    /** Sets the source address of packets from this machine. */
    public RouteSpec prefsrc(IpAddress address) {
        return with(RouteSet.PREFSRC, address);
    }

    /** Sets the priority, which iproute2 calls metric; smaller values are preferred. */
    public RouteSpec priority(int priority) {
        return with(RouteSet.PRIORITY, priority);
    }

    /** Sets the table. */
    public RouteSpec table(RouteTable table) {
        return with(RouteSet.TABLE_ID, table);
    }

    /** Sets the path's MTU in bytes. */
    public RouteSpec mtu(int bytes) {
        return new RouteSpec(destination, settings, metrics.with(MetricSet.MTU, bytes), flags, fields);
    }

    /** Sets the segment size in bytes that TCP advertises. */
    public RouteSpec advmss(int bytes) {
        return new RouteSpec(destination, settings, metrics.with(MetricSet.ADVMSS, bytes), flags, fields);
    }

    /** Sets the type. */
    public RouteSpec type(RouteType type) {
        return fields(new Fields(type, fields.protocol, fields.scope, fields.tos));
    }

    /** Sets the origin of the route. */
    public RouteSpec protocol(RouteProtocol protocol) {
        return fields(new Fields(fields.type, protocol, fields.scope, fields.tos));
    }

    /** Sets the scope; the default follows from the type and gateway. IPv6 has none. */
    public RouteSpec scope(Scope scope) {
        return fields(new Fields(fields.type, fields.protocol, scope, fields.tos));
    }

    /** Matches only packets with this type of service. */
    public RouteSpec tos(int tos) {
        return fields(new Fields(fields.type, fields.protocol, fields.scope, tos));
    }

    /** Fills a struct rtmsg for a route to add. */
    void writeHeaderOfNew(MemorySegment header) {
        RouteType type = Optional.ofNullable(fields.type).orElse(RouteType.UNICAST);
        writeHeader(header);
        rtmsg.rtm_type(header, (byte) type.value());
        rtmsg.rtm_protocol(header, (byte) Optional.ofNullable(fields.protocol)
                .orElse(RouteProtocol.STATIC)
                .value());
        rtmsg.rtm_scope(header, (byte)
                Optional.ofNullable(fields.scope).orElse(scopeOf(type)).value());
    }

    /** Fills a struct rtmsg for a route to delete: fields that are not specified match all routes. */
    void writeHeaderOfOld(MemorySegment header) {
        writeHeader(header);
        rtmsg.rtm_type(header, (byte)
                Optional.ofNullable(fields.type).orElse(RouteType.UNSPEC).value());
        rtmsg.rtm_protocol(header, (byte) Optional.ofNullable(fields.protocol)
                .orElse(RouteProtocol.UNSPEC)
                .value());
        rtmsg.rtm_scope(header, (byte)
                Optional.ofNullable(fields.scope).orElse(Scope.NOWHERE).value());
    }

    private void writeHeader(MemorySegment header) {
        rtmsg.rtm_family(header, (byte) family().value());
        rtmsg.rtm_dst_len(header, (byte) destination.length());
        rtmsg.rtm_tos(header, (byte) fields.tos);
        rtmsg.rtm_flags(header, flags.value());
    }

    /**
     * Returns the default scope: IPv4 looks up a gateway only among routes with a narrower scope than the route itself.
     */
    private Scope scopeOf(RouteType type) {
        if (type.value() == RouteType.LOCAL.value() || type.value() == RouteType.NAT.value()) {
            return Scope.HOST;
        }
        boolean direct = settings.find(RouteSet.GATEWAY).isEmpty()
                && settings.find(RouteSet.VIA).isEmpty()
                && settings.find(RouteSet.MULTIPATH).isEmpty();
        boolean onLink = type.value() == RouteType.UNICAST.value()
                || type.value() == RouteType.BROADCAST.value()
                || type.value() == RouteType.MULTICAST.value()
                || type.value() == RouteType.ANYCAST.value();
        return direct && onLink ? Scope.LINK : Scope.UNIVERSE;
    }

    /** Puts all but the header. */
    void write(Request request) {
        settings.write(request);
        if (!metrics.isEmpty()) {
            request.begin(RouteSet.METRICS);
            metrics.write(request);
            request.end();
        }
    }

    @Override
    public String toString() {
        return destination + " " + settings;
    }

    /** Returns the destination, for error messages. */
    String title() {
        return "route to " + destination;
    }
}
