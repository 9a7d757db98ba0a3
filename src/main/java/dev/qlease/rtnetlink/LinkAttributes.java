package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.ifinfomsg;
import dev.qlease.netlink.Attribute.Binary;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.Attribute.SubMessage;
import dev.qlease.netlink.Attribute.Text;
import dev.qlease.netlink.Attribute.U16;
import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.Attribute.U8;
import dev.qlease.netlink.Attribute.UInt;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.BinaryFormat;
import java.util.Map;

/** The attribute sets of links, from which building requests and parsing replies follow. */
final class LinkAttributes {
    private static final int HEADER = (int) ifinfomsg.sizeof();

    private LinkAttributes() {}

    /** Set {@code link-attrs}, limited to the attributes of a link's peer: a table cannot contain itself. */
    private static final class PeerSet {
        private static final AttributeSet SET = table();

        private static AttributeSet table() {
            AttributeSet.Builder table = AttributeSet.table("link-attrs");
            table.binary(Uapi.IFLA_ADDRESS(), "address", BinaryFormat.HARDWARE_ADDRESS);
            table.text(Uapi.IFLA_IFNAME(), "ifname");
            table.u32(Uapi.IFLA_MTU(), "mtu");
            table.u32(Uapi.IFLA_TXQLEN(), "txqlen");
            table.u32(Uapi.IFLA_GROUP(), "group");
            table.u32(Uapi.IFLA_NET_NS_FD(), "net-ns-fd");
            table.u32(Uapi.IFLA_NUM_TX_QUEUES(), "num-tx-queues");
            table.u32(Uapi.IFLA_NUM_RX_QUEUES(), "num-rx-queues");
            table.u32(Uapi.IFLA_GSO_MAX_SIZE(), "gso-max-size");
            table.u32(Uapi.IFLA_GRO_MAX_SIZE(), "gro-max-size");
            return table.build();
        }
    }

    /** Set {@code linkinfo-netkit-attrs}. */
    static final class NetkitSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("linkinfo-netkit-attrs");
        static final Nest PEER_INFO = TABLE.nest(Uapi.IFLA_NETKIT_PEER_INFO(), "peer-info", PeerSet.SET, HEADER);
        static final U8 PRIMARY = TABLE.u8(Uapi.IFLA_NETKIT_PRIMARY(), "primary");
        static final U32 POLICY = TABLE.u32(Uapi.IFLA_NETKIT_POLICY(), "policy", NetkitPolicy.NAMES);
        static final U32 PEER_POLICY = TABLE.u32(Uapi.IFLA_NETKIT_PEER_POLICY(), "peer-policy", NetkitPolicy.NAMES);
        static final U32 MODE = TABLE.u32(Uapi.IFLA_NETKIT_MODE(), "mode", NetkitMode.NAMES);
        static final U32 SCRUB = TABLE.u32(Uapi.IFLA_NETKIT_SCRUB(), "scrub", NetkitScrub.NAMES);
        static final U32 PEER_SCRUB = TABLE.u32(Uapi.IFLA_NETKIT_PEER_SCRUB(), "peer-scrub", NetkitScrub.NAMES);
        static final U16 HEADROOM = TABLE.u16(Uapi.IFLA_NETKIT_HEADROOM(), "headroom");
        static final U16 TAILROOM = TABLE.u16(Uapi.IFLA_NETKIT_TAILROOM(), "tailroom");
        static final U32 PAIRING = TABLE.u32(Uapi.IFLA_NETKIT_PAIRING(), "pairing", NetkitPairing.NAMES);
        static final AttributeSet SET = TABLE.build();

        private NetkitSet() {}
    }

    /** Set {@code linkinfo-veth-attrs}. */
    static final class VethSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("linkinfo-veth-attrs");
        static final Nest PEER = TABLE.nest(Uapi.VETH_INFO_PEER(), "peer", PeerSet.SET, HEADER);
        static final AttributeSet SET = TABLE.build();

        private VethSet() {}
    }

    /** Set {@code linkinfo-attrs}. */
    static final class InfoSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("linkinfo-attrs");
        static final Text KIND = TABLE.text(Uapi.IFLA_INFO_KIND(), "kind");
        static final SubMessage DATA = TABLE.subMessage(
                Uapi.IFLA_INFO_DATA(),
                "data",
                KIND,
                Map.of(LinkKind.Netkit.KIND, NetkitSet.SET, LinkKind.Veth.KIND, VethSet.SET));
        static final Binary XSTATS = TABLE.binary(Uapi.IFLA_INFO_XSTATS(), "xstats");
        static final Text SLAVE_KIND = TABLE.text(Uapi.IFLA_INFO_SLAVE_KIND(), "slave-kind");
        static final SubMessage SLAVE_DATA =
                TABLE.subMessage(Uapi.IFLA_INFO_SLAVE_DATA(), "slave-data", SLAVE_KIND, Map.of());
        static final AttributeSet SET = TABLE.build();

        private InfoSet() {}
    }

    /** Set {@code xdp-attrs}. */
    static final class XdpSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("xdp-attrs");
        static final U8 ATTACHED = TABLE.u8(Uapi.IFLA_XDP_ATTACHED(), "attached", XdpAttached.NAMES);
        static final U32 PROG_ID = TABLE.u32(Uapi.IFLA_XDP_PROG_ID(), "prog-id");
        static final U32 DRV_PROG_ID = TABLE.u32(Uapi.IFLA_XDP_DRV_PROG_ID(), "drv-prog-id");
        static final U32 SKB_PROG_ID = TABLE.u32(Uapi.IFLA_XDP_SKB_PROG_ID(), "skb-prog-id");
        static final U32 HW_PROG_ID = TABLE.u32(Uapi.IFLA_XDP_HW_PROG_ID(), "hw-prog-id");
        static final AttributeSet SET = TABLE.build();

        private XdpSet() {}
    }

    /** Set {@code prop-list-link-attrs}. */
    static final class PropertySet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("prop-list-link-attrs");
        static final Text ALT_IFNAME = TABLE.text(Uapi.IFLA_ALT_IFNAME(), "alt-ifname");
        static final AttributeSet SET = TABLE.build();

        private PropertySet() {}
    }

    /** Set {@code link-attrs}. */
    static final class LinkSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("link-attrs");
        static final Binary ADDRESS = TABLE.binary(Uapi.IFLA_ADDRESS(), "address", BinaryFormat.HARDWARE_ADDRESS);
        static final Binary BROADCAST = TABLE.binary(Uapi.IFLA_BROADCAST(), "broadcast", BinaryFormat.HARDWARE_ADDRESS);
        static final Text IFNAME = TABLE.text(Uapi.IFLA_IFNAME(), "ifname");
        static final U32 MTU = TABLE.u32(Uapi.IFLA_MTU(), "mtu");
        static final U32 LINK = TABLE.u32(Uapi.IFLA_LINK(), "link");
        static final Text QDISC = TABLE.text(Uapi.IFLA_QDISC(), "qdisc");
        static final U32 MASTER = TABLE.u32(Uapi.IFLA_MASTER(), "master");
        static final U32 TXQLEN = TABLE.u32(Uapi.IFLA_TXQLEN(), "txqlen");
        static final U8 OPERSTATE = TABLE.u8(Uapi.IFLA_OPERSTATE(), "operstate", OperState.NAMES);
        static final U8 LINKMODE = TABLE.u8(Uapi.IFLA_LINKMODE(), "linkmode");
        static final Nest LINKINFO = TABLE.nest(Uapi.IFLA_LINKINFO(), "linkinfo", InfoSet.SET);
        static final U32 NET_NS_FD = TABLE.u32(Uapi.IFLA_NET_NS_FD(), "net-ns-fd");
        static final Text IFALIAS = TABLE.text(Uapi.IFLA_IFALIAS(), "ifalias");
        static final U32 NUM_VF = TABLE.u32(Uapi.IFLA_NUM_VF(), "num-vf");
        static final Binary STATS64 = TABLE.binary(Uapi.IFLA_STATS64(), "stats64");
        static final U32 EXT_MASK = TABLE.u32(Uapi.IFLA_EXT_MASK(), "ext-mask");
        static final U32 GROUP = TABLE.u32(Uapi.IFLA_GROUP(), "group");
        static final U32 PROMISCUITY = TABLE.u32(Uapi.IFLA_PROMISCUITY(), "promiscuity");
        static final U32 NUM_TX_QUEUES = TABLE.u32(Uapi.IFLA_NUM_TX_QUEUES(), "num-tx-queues");
        static final U32 NUM_RX_QUEUES = TABLE.u32(Uapi.IFLA_NUM_RX_QUEUES(), "num-rx-queues");
        static final U8 CARRIER = TABLE.u8(Uapi.IFLA_CARRIER(), "carrier");
        static final Binary PHYS_PORT_ID = TABLE.binary(Uapi.IFLA_PHYS_PORT_ID(), "phys-port-id");
        static final U32 CARRIER_CHANGES = TABLE.u32(Uapi.IFLA_CARRIER_CHANGES(), "carrier-changes");
        static final Binary PHYS_SWITCH_ID = TABLE.binary(Uapi.IFLA_PHYS_SWITCH_ID(), "phys-switch-id");
        static final U32 LINK_NETNSID = TABLE.u32(Uapi.IFLA_LINK_NETNSID(), "link-netnsid");
        static final Text PHYS_PORT_NAME = TABLE.text(Uapi.IFLA_PHYS_PORT_NAME(), "phys-port-name");
        static final U8 PROTO_DOWN = TABLE.u8(Uapi.IFLA_PROTO_DOWN(), "proto-down");
        static final U32 GSO_MAX_SEGS = TABLE.u32(Uapi.IFLA_GSO_MAX_SEGS(), "gso-max-segs");
        static final U32 GSO_MAX_SIZE = TABLE.u32(Uapi.IFLA_GSO_MAX_SIZE(), "gso-max-size");
        static final Nest XDP = TABLE.nest(Uapi.IFLA_XDP(), "xdp", XdpSet.SET);
        static final U32 EVENT = TABLE.u32(Uapi.IFLA_EVENT(), "event");
        static final U32 NEW_NETNSID = TABLE.u32(Uapi.IFLA_NEW_NETNSID(), "new-netnsid");
        static final U32 TARGET_NETNSID = TABLE.u32(Uapi.IFLA_TARGET_NETNSID(), "target-netnsid");
        static final U32 CARRIER_UP_COUNT = TABLE.u32(Uapi.IFLA_CARRIER_UP_COUNT(), "carrier-up-count");
        static final U32 CARRIER_DOWN_COUNT = TABLE.u32(Uapi.IFLA_CARRIER_DOWN_COUNT(), "carrier-down-count");
        static final U32 NEW_IFINDEX = TABLE.u32(Uapi.IFLA_NEW_IFINDEX(), "new-ifindex");
        static final U32 MIN_MTU = TABLE.u32(Uapi.IFLA_MIN_MTU(), "min-mtu");
        static final U32 MAX_MTU = TABLE.u32(Uapi.IFLA_MAX_MTU(), "max-mtu");
        static final Nest PROP_LIST = TABLE.nest(Uapi.IFLA_PROP_LIST(), "prop-list", PropertySet.SET);
        static final Text ALT_IFNAME = TABLE.text(Uapi.IFLA_ALT_IFNAME(), "alt-ifname");
        static final Binary PERM_ADDRESS =
                TABLE.binary(Uapi.IFLA_PERM_ADDRESS(), "perm-address", BinaryFormat.HARDWARE_ADDRESS);
        static final Text PARENT_DEV_NAME = TABLE.text(Uapi.IFLA_PARENT_DEV_NAME(), "parent-dev-name");
        static final Text PARENT_DEV_BUS_NAME = TABLE.text(Uapi.IFLA_PARENT_DEV_BUS_NAME(), "parent-dev-bus-name");
        static final U32 GRO_MAX_SIZE = TABLE.u32(Uapi.IFLA_GRO_MAX_SIZE(), "gro-max-size");
        static final U32 TSO_MAX_SIZE = TABLE.u32(Uapi.IFLA_TSO_MAX_SIZE(), "tso-max-size");
        static final U32 TSO_MAX_SEGS = TABLE.u32(Uapi.IFLA_TSO_MAX_SEGS(), "tso-max-segs");
        static final U32 ALLMULTI = TABLE.u32(Uapi.IFLA_ALLMULTI(), "allmulti");
        static final U32 GSO_IPV4_MAX_SIZE = TABLE.u32(Uapi.IFLA_GSO_IPV4_MAX_SIZE(), "gso-ipv4-max-size");
        static final U32 GRO_IPV4_MAX_SIZE = TABLE.u32(Uapi.IFLA_GRO_IPV4_MAX_SIZE(), "gro-ipv4-max-size");
        static final UInt MAX_PACING_OFFLOAD_HORIZON =
                TABLE.uint(Uapi.IFLA_MAX_PACING_OFFLOAD_HORIZON(), "max-pacing-offload-horizon");
        static final U8 NETNS_IMMUTABLE = TABLE.u8(Uapi.IFLA_NETNS_IMMUTABLE(), "netns-immutable");
        static final U16 HEADROOM = TABLE.u16(Uapi.IFLA_HEADROOM(), "headroom");
        static final U16 TAILROOM = TABLE.u16(Uapi.IFLA_TAILROOM(), "tailroom");

        // Listed only so that traces name them and they do not count as unknown: older forms of the above, and
        // settings of other families and buses.
        static {
            TABLE.binary(Uapi.IFLA_STATS(), "stats");
            TABLE.binary(Uapi.IFLA_WIRELESS(), "wireless");
            TABLE.binary(Uapi.IFLA_PROTINFO(), "protinfo");
            TABLE.binary(Uapi.IFLA_MAP(), "map");
            TABLE.binary(Uapi.IFLA_VFINFO_LIST(), "vfinfo-list");
            TABLE.binary(Uapi.IFLA_AF_SPEC(), "af-spec");
            TABLE.pad(Uapi.IFLA_PAD());
            TABLE.binary(Uapi.IFLA_PROTO_DOWN_REASON(), "proto-down-reason");
            TABLE.binary(Uapi.IFLA_DEVLINK_PORT(), "devlink-port");
            TABLE.binary(Uapi.IFLA_DPLL_PIN(), "dpll-pin");
        }

        static final AttributeSet SET = TABLE.build();

        private LinkSet() {}
    }
}
