package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.rtnexthop;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.BinaryFormat;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.MalformedMessageException;
import dev.qlease.netlink.UnknownAttribute;
import dev.qlease.rtnetlink.RouteAttributes.RouteSet;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * One next hop of a multipath route; struct rtnexthop with its attributes.
 *
 * @param ifindex the outgoing link
 * @param flags its flags, such as {@link RouteFlags#ONLINK}
 * @param weight its share of the packets, 1 to 256
 * @param gateway the gateway
 * @param via the gateway, if it is of another family than the route
 * @param flow the realm, for statistics
 * @param encapType the type of encapsulation, LWTUNNEL_ENCAP_
 * @param encap the encapsulation, in hexadecimal
 * @param unknown attributes that this library has no name for
 */
public record NextHop(
        int ifindex,
        RouteFlags flags,
        int weight,
        Optional<IpAddress> gateway,
        Optional<IpAddress> via,
        OptionalLong flow,
        OptionalInt encapType,
        Optional<String> encap,
        List<UnknownAttribute> unknown) {
    private static final int HEADER = (int) rtnexthop.sizeof();
    private static final int ATTRIBUTE_HEADER = 4;

    /** Returns a next hop for a {@link RouteSpec}: this gateway on this link, with weight 1. */
    public static NextHop of(int ifindex, IpAddress gateway) {
        return new NextHop(
                ifindex,
                RouteFlags.NONE,
                1,
                Optional.of(gateway),
                Optional.empty(),
                OptionalLong.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                List.of());
    }

    /** Returns a copy with this weight, 1 to 256. */
    public NextHop weight(int share) {
        if (share < 1 || share > 256) {
            throw new IllegalArgumentException("the weight of a next hop is 1 to 256, not " + share);
        }
        return new NextHop(ifindex, flags, share, gateway, via, flow, encapType, encap, unknown);
    }

    /** Reads RTA_MULTIPATH: one structure after the other, each followed by its attributes. */
    static List<NextHop> list(MemorySegment multipath) {
        List<NextHop> hops = new ArrayList<>();
        for (long at = 0; multipath.byteSize() - at >= HEADER; ) {
            MemorySegment header = Structures.copy(multipath.asSlice(at, HEADER), HEADER);
            int length = Short.toUnsignedInt(rtnexthop.rtnh_len(header));
            if (length < HEADER || length > multipath.byteSize() - at) {
                throw new MalformedMessageException(
                        "route-attrs", "a next hop in multipath says it is " + length + " bytes long");
            }
            MemorySegment attributes = multipath.asSlice(at + HEADER, length - HEADER);
            hops.add(of(header, new Attributes(RouteSet.SET, attributes)));
            at += length + 3 & ~3;
        }
        return List.copyOf(hops);
    }

    private static NextHop of(MemorySegment header, Attributes a) {
        return new NextHop(
                rtnexthop.rtnh_ifindex(header),
                new RouteFlags(Byte.toUnsignedInt(rtnexthop.rtnh_flags(header))),
                Byte.toUnsignedInt(rtnexthop.rtnh_hops(header)) + 1,
                a.find(RouteSet.GATEWAY, IpAddress::of),
                a.find(RouteSet.VIA, Via::read),
                a.findUnsigned(RouteSet.FLOW),
                a.find(RouteSet.ENCAP_TYPE),
                a.find(RouteSet.ENCAP, BinaryFormat.HEX::format),
                a.unknown());
    }

    /** Returns the bytes of RTA_MULTIPATH for {@code hops}: only link, flags, weight and gateway are written. */
    static byte[] bytes(List<NextHop> hops, AddressFamily family) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        hops.forEach(hop -> bytes.writeBytes(hop.bytes(family)));
        return bytes.toByteArray();
    }

    private byte[] bytes(AddressFamily family) {
        IpAddress host = gateway.or(() -> via).orElse(null);
        boolean same = host == null || AddressFamily.of(host).equals(family);
        byte[] value = host == null ? new byte[0] : same ? host.bytes() : Via.bytes(host);
        int attribute = host == null ? 0 : ATTRIBUTE_HEADER + value.length;
        MemorySegment hop = Structures.copy(MemorySegment.NULL, HEADER + (attribute + 3 & ~3));
        rtnexthop.rtnh_len(hop, (short) hop.byteSize());
        rtnexthop.rtnh_flags(hop, (byte) flags.value());
        rtnexthop.rtnh_hops(hop, (byte) (weight - 1));
        rtnexthop.rtnh_ifindex(hop, ifindex);
        if (host != null) {
            hop.set(ValueLayout.JAVA_SHORT_UNALIGNED, HEADER, (short) attribute);
            hop.set(ValueLayout.JAVA_SHORT_UNALIGNED, HEADER + 2L, (short)
                    (same ? Uapi.RTA_GATEWAY() : Uapi.RTA_VIA()));
            MemorySegment.copy(value, 0, hop, ValueLayout.JAVA_BYTE, HEADER + ATTRIBUTE_HEADER, value.length);
        }
        return hop.toArray(ValueLayout.JAVA_BYTE);
    }
}
