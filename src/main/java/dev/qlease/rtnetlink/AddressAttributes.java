package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.Attribute.Binary;
import dev.qlease.netlink.Attribute.Text;
import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.Attribute.U8;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.BinaryFormat;

/** Set {@code addr-attrs}, from which building requests and parsing replies follow. */
final class AddressAttributes {
    private static final AttributeSet.Builder TABLE = AttributeSet.table("addr-attrs");
    static final Binary ADDRESS = TABLE.binary(Uapi.IFA_ADDRESS(), "address", BinaryFormat.IP_ADDRESS);
    static final Binary LOCAL = TABLE.binary(Uapi.IFA_LOCAL(), "local", BinaryFormat.IP_ADDRESS);
    static final Text LABEL = TABLE.text(Uapi.IFA_LABEL(), "label");
    static final Binary BROADCAST = TABLE.binary(Uapi.IFA_BROADCAST(), "broadcast", BinaryFormat.IP_ADDRESS);
    static final Binary ANYCAST = TABLE.binary(Uapi.IFA_ANYCAST(), "anycast", BinaryFormat.IP_ADDRESS);
    static final Binary CACHEINFO = TABLE.binary(Uapi.IFA_CACHEINFO(), "cacheinfo");
    static final Binary MULTICAST = TABLE.binary(Uapi.IFA_MULTICAST(), "multicast", BinaryFormat.IP_ADDRESS);
    static final U32 FLAGS = TABLE.u32(Uapi.IFA_FLAGS(), "flags", AddressFlags.NAMES);
    static final U32 RT_PRIORITY = TABLE.u32(Uapi.IFA_RT_PRIORITY(), "rt-priority");
    static final U32 TARGET_NETNSID = TABLE.u32(Uapi.IFA_TARGET_NETNSID(), "target-netnsid");
    static final U8 PROTO = TABLE.u8(Uapi.IFA_PROTO(), "proto");
    static final U32 MC_USERS = TABLE.u32(Uapi.IFA_MC_USERS(), "mc-users");
    static final AttributeSet SET = TABLE.build();

    private AddressAttributes() {}
}
