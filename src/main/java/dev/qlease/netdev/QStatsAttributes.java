package dev.qlease.netdev;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.Attribute.UInt;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.Names;

/** Attribute set {@code qstats}. */
final class QStatsAttributes {
    /** The scope of a dump's statistics; enum netdev_qstats_scope. */
    static final int SCOPE_QUEUE = Uapi.NETDEV_QSTATS_SCOPE_QUEUE();

    private static final AttributeSet.Builder TABLE = AttributeSet.table("qstats");
    static final U32 IFINDEX = TABLE.u32(Uapi.NETDEV_A_QSTATS_IFINDEX(), "ifindex");
    static final U32 QUEUE_TYPE = TABLE.u32(Uapi.NETDEV_A_QSTATS_QUEUE_TYPE(), "queue-type", QueueType.NAMES);
    static final U32 QUEUE_ID = TABLE.u32(Uapi.NETDEV_A_QSTATS_QUEUE_ID(), "queue-id");
    static final UInt SCOPE = TABLE.uint(Uapi.NETDEV_A_QSTATS_SCOPE(), "scope", Names.ofBits("queue"));
    static final UInt RX_PACKETS = TABLE.uint(Uapi.NETDEV_A_QSTATS_RX_PACKETS(), "rx-packets");
    static final UInt RX_BYTES = TABLE.uint(Uapi.NETDEV_A_QSTATS_RX_BYTES(), "rx-bytes");
    static final UInt TX_PACKETS = TABLE.uint(Uapi.NETDEV_A_QSTATS_TX_PACKETS(), "tx-packets");
    static final UInt TX_BYTES = TABLE.uint(Uapi.NETDEV_A_QSTATS_TX_BYTES(), "tx-bytes");
    static final UInt RX_ALLOC_FAIL = TABLE.uint(Uapi.NETDEV_A_QSTATS_RX_ALLOC_FAIL(), "rx-alloc-fail");
    static final UInt RX_HW_DROPS = TABLE.uint(Uapi.NETDEV_A_QSTATS_RX_HW_DROPS(), "rx-hw-drops");
    static final UInt RX_HW_DROP_OVERRUNS =
            TABLE.uint(Uapi.NETDEV_A_QSTATS_RX_HW_DROP_OVERRUNS(), "rx-hw-drop-overruns");
    static final UInt RX_CSUM_COMPLETE = TABLE.uint(Uapi.NETDEV_A_QSTATS_RX_CSUM_COMPLETE(), "rx-csum-complete");
    static final UInt RX_CSUM_UNNECESSARY =
            TABLE.uint(Uapi.NETDEV_A_QSTATS_RX_CSUM_UNNECESSARY(), "rx-csum-unnecessary");
    static final UInt RX_CSUM_NONE = TABLE.uint(Uapi.NETDEV_A_QSTATS_RX_CSUM_NONE(), "rx-csum-none");
    static final UInt RX_CSUM_BAD = TABLE.uint(Uapi.NETDEV_A_QSTATS_RX_CSUM_BAD(), "rx-csum-bad");
    static final UInt RX_HW_GRO_PACKETS = TABLE.uint(Uapi.NETDEV_A_QSTATS_RX_HW_GRO_PACKETS(), "rx-hw-gro-packets");
    static final UInt RX_HW_GRO_BYTES = TABLE.uint(Uapi.NETDEV_A_QSTATS_RX_HW_GRO_BYTES(), "rx-hw-gro-bytes");
    static final UInt RX_HW_GRO_WIRE_PACKETS =
            TABLE.uint(Uapi.NETDEV_A_QSTATS_RX_HW_GRO_WIRE_PACKETS(), "rx-hw-gro-wire-packets");
    static final UInt RX_HW_GRO_WIRE_BYTES =
            TABLE.uint(Uapi.NETDEV_A_QSTATS_RX_HW_GRO_WIRE_BYTES(), "rx-hw-gro-wire-bytes");
    static final UInt RX_HW_DROP_RATELIMITS =
            TABLE.uint(Uapi.NETDEV_A_QSTATS_RX_HW_DROP_RATELIMITS(), "rx-hw-drop-ratelimits");
    static final UInt TX_HW_DROPS = TABLE.uint(Uapi.NETDEV_A_QSTATS_TX_HW_DROPS(), "tx-hw-drops");
    static final UInt TX_HW_DROP_ERRORS = TABLE.uint(Uapi.NETDEV_A_QSTATS_TX_HW_DROP_ERRORS(), "tx-hw-drop-errors");
    static final UInt TX_CSUM_NONE = TABLE.uint(Uapi.NETDEV_A_QSTATS_TX_CSUM_NONE(), "tx-csum-none");
    static final UInt TX_NEEDS_CSUM = TABLE.uint(Uapi.NETDEV_A_QSTATS_TX_NEEDS_CSUM(), "tx-needs-csum");
    static final UInt TX_HW_GSO_PACKETS = TABLE.uint(Uapi.NETDEV_A_QSTATS_TX_HW_GSO_PACKETS(), "tx-hw-gso-packets");
    static final UInt TX_HW_GSO_BYTES = TABLE.uint(Uapi.NETDEV_A_QSTATS_TX_HW_GSO_BYTES(), "tx-hw-gso-bytes");
    static final UInt TX_HW_GSO_WIRE_PACKETS =
            TABLE.uint(Uapi.NETDEV_A_QSTATS_TX_HW_GSO_WIRE_PACKETS(), "tx-hw-gso-wire-packets");
    static final UInt TX_HW_GSO_WIRE_BYTES =
            TABLE.uint(Uapi.NETDEV_A_QSTATS_TX_HW_GSO_WIRE_BYTES(), "tx-hw-gso-wire-bytes");
    static final UInt TX_HW_DROP_RATELIMITS =
            TABLE.uint(Uapi.NETDEV_A_QSTATS_TX_HW_DROP_RATELIMITS(), "tx-hw-drop-ratelimits");
    static final UInt TX_STOP = TABLE.uint(Uapi.NETDEV_A_QSTATS_TX_STOP(), "tx-stop");
    static final UInt TX_WAKE = TABLE.uint(Uapi.NETDEV_A_QSTATS_TX_WAKE(), "tx-wake");
    static final AttributeSet SET = TABLE.build();

    private QStatsAttributes() {}
}
