package dev.qlease.netlink;

import dev.qlease.netlink.Attribute.Binary;
import dev.qlease.netlink.Attribute.Flag;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.Attribute.NestArray;
import dev.qlease.netlink.Attribute.SInt;
import dev.qlease.netlink.Attribute.SubMessage;
import dev.qlease.netlink.Attribute.Text;
import dev.qlease.netlink.Attribute.U16;
import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.Attribute.U64;
import dev.qlease.netlink.Attribute.U8;
import dev.qlease.netlink.Attribute.UInt;
import java.util.Map;

/** Tables with one attribute of every kind, nested as deep as the kernel's. */
final class Sample {
    private Sample() {}

    private static final AttributeSet.Builder LEAF_TABLE = AttributeSet.table("leaf");
    static final U8 BYTE = LEAF_TABLE.u8(1, "byte");
    static final U16 SHORT = LEAF_TABLE.u16(2, "short");
    static final U32 ID = LEAF_TABLE.u32(3, "id");
    static final U64 COUNT = LEAF_TABLE.u64(4, "count");
    static final UInt UINT = LEAF_TABLE.uint(5, "uint");
    static final SInt SINT = LEAF_TABLE.sint(6, "sint");
    static final Text NAME = LEAF_TABLE.text(7, "name");
    static final Binary ADDRESS = LEAF_TABLE.binary(8, "address", BinaryFormat.IP_ADDRESS);
    static final Flag FLAG = LEAF_TABLE.flag(9, "flag");
    static final U32 TYPE = LEAF_TABLE.u32(11, "type", Names.of("rx", "tx"));
    static final U32 FEATURES = LEAF_TABLE.u32(12, "features", Names.ofBits("a", "b", "c"));
    static final U32 NETNS = LEAF_TABLE.u32(13, "netns-id", Names.SIGNED);
    static final Binary BYTES = LEAF_TABLE.binary(14, "bytes");

    static {
        LEAF_TABLE.pad(10);
    }

    static final AttributeSet LEAF = LEAF_TABLE.build();

    private static final AttributeSet.Builder LEASE_TABLE = AttributeSet.table("lease");
    static final U32 LEASE_IFINDEX = LEASE_TABLE.u32(1, "ifindex");
    static final Nest QUEUE = LEASE_TABLE.nest(2, "queue", LEAF);
    static final AttributeSet LEASE_SET = LEASE_TABLE.build();

    private static final AttributeSet.Builder LINK_TABLE = AttributeSet.table("link-info");
    static final Text KIND = LINK_TABLE.text(1, "kind");
    static final SubMessage DATA = LINK_TABLE.subMessage(2, "data", KIND, Map.of("leaf", LEAF, "lease", LEASE_SET));
    static final AttributeSet LINK_SET = LINK_TABLE.build();

    private static final AttributeSet.Builder TABLE = AttributeSet.table("top");
    static final U32 IFINDEX = TABLE.u32(1, "ifindex");
    static final Nest LEASE = TABLE.nest(2, "lease", LEASE_SET);
    static final NestArray LIST = TABLE.nestArray(3, "list", LEAF);
    static final Nest LINK = TABLE.nest(4, "link", LINK_SET);
    static final Nest QUEUES = TABLE.nest(5, "queues", LEAF);
    static final AttributeSet TOP = TABLE.build();

    static final Operation GET = Operation.generic(10, "sample-get", TOP, TOP);
    static final Operation LEAF_SET = Operation.generic(11, "leaf-set", LEAF, LEAF);
    static final int FAMILY = 0x20;
}
