package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.Attribute.Binary;
import dev.qlease.netlink.Attribute.U16;
import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.Attribute.U8;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.BinaryFormat;

/** Set {@code neighbour-attrs}, from which building requests and parsing replies follow. */
final class NeighbourAttributes {
    private static final AttributeSet.Builder TABLE = AttributeSet.table("neighbour-attrs");
    static final Binary DST = TABLE.binary(Uapi.NDA_DST(), "dst", BinaryFormat.IP_ADDRESS);
    static final Binary LLADDR = TABLE.binary(Uapi.NDA_LLADDR(), "lladdr", BinaryFormat.HARDWARE_ADDRESS);
    static final Binary CACHEINFO = TABLE.binary(Uapi.NDA_CACHEINFO(), "cacheinfo");
    static final U32 PROBES = TABLE.u32(Uapi.NDA_PROBES(), "probes");
    static final U16 VLAN = TABLE.u16(Uapi.NDA_VLAN(), "vlan");
    static final U32 VNI = TABLE.u32(Uapi.NDA_VNI(), "vni");
    static final U32 IFINDEX = TABLE.u32(Uapi.NDA_IFINDEX(), "ifindex");
    static final U32 MASTER = TABLE.u32(Uapi.NDA_MASTER(), "master");
    static final U32 LINK_NETNSID = TABLE.u32(Uapi.NDA_LINK_NETNSID(), "link-netnsid");
    static final U32 SRC_VNI = TABLE.u32(Uapi.NDA_SRC_VNI(), "src-vni");
    static final U8 PROTOCOL = TABLE.u8(Uapi.NDA_PROTOCOL(), "protocol", RouteProtocol.NAMES);
    static final U32 NH_ID = TABLE.u32(Uapi.NDA_NH_ID(), "nh-id");
    static final U32 FLAGS_EXT = TABLE.u32(Uapi.NDA_FLAGS_EXT(), "flags-ext", NeighbourExtFlags.NAMES);

    // Listed only so that traces name them and they do not count as unknown: they are in network byte order or of
    // forwarding tables.
    static {
        TABLE.binary(Uapi.NDA_PORT(), "port");
        TABLE.binary(Uapi.NDA_FDB_EXT_ATTRS(), "fdb-ext-attrs");
    }

    static final AttributeSet SET = TABLE.build();

    private NeighbourAttributes() {}
}
