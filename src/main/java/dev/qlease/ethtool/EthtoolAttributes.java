package dev.qlease.ethtool;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.Attribute.Binary;
import dev.qlease.netlink.Attribute.Flag;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.Attribute.Text;
import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.Attribute.U8;
import dev.qlease.netlink.Attribute.UInt;
import dev.qlease.netlink.AttributeSet;
import java.util.ArrayList;
import java.util.List;

/** The family's attribute sets, from which building requests and parsing replies follow. */
final class EthtoolAttributes {
    private EthtoolAttributes() {}

    /** Set {@code header}: names the device. */
    static final class HeaderSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("header");
        static final U32 DEV_INDEX = TABLE.u32(Uapi.ETHTOOL_A_HEADER_DEV_INDEX(), "dev-index");
        static final Text DEV_NAME = TABLE.text(Uapi.ETHTOOL_A_HEADER_DEV_NAME(), "dev-name");
        static final U32 FLAGS = TABLE.u32(Uapi.ETHTOOL_A_HEADER_FLAGS(), "flags");
        static final U32 PHY_INDEX = TABLE.u32(Uapi.ETHTOOL_A_HEADER_PHY_INDEX(), "phy-index");
        static final AttributeSet SET = TABLE.build();

        private HeaderSet() {}
    }

    /** Set {@code bitset-bit}. */
    static final class BitSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("bitset-bit");
        static final U32 INDEX = TABLE.u32(Uapi.ETHTOOL_A_BITSET_BIT_INDEX(), "index");
        static final Text NAME = TABLE.text(Uapi.ETHTOOL_A_BITSET_BIT_NAME(), "name");
        static final Flag VALUE = TABLE.flag(Uapi.ETHTOOL_A_BITSET_BIT_VALUE(), "value");
        static final AttributeSet SET = TABLE.build();

        private BitSet() {}
    }

    /** Set {@code bitset-bits}. */
    static final class BitsSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("bitset-bits");
        static final Nest BIT = TABLE.nest(Uapi.ETHTOOL_A_BITSET_BITS_BIT(), "bit", BitSet.SET);
        static final AttributeSet SET = TABLE.build();

        private BitsSet() {}
    }

    /** Set {@code bitset}: flags, listed by name unless compact ones were requested. */
    static final class BitsetSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("bitset");
        static final Flag NOMASK = TABLE.flag(Uapi.ETHTOOL_A_BITSET_NOMASK(), "nomask");
        static final U32 SIZE = TABLE.u32(Uapi.ETHTOOL_A_BITSET_SIZE(), "size");
        static final Nest BITS = TABLE.nest(Uapi.ETHTOOL_A_BITSET_BITS(), "bits", BitsSet.SET);
        static final Binary VALUE = TABLE.binary(Uapi.ETHTOOL_A_BITSET_VALUE(), "value");
        static final Binary MASK = TABLE.binary(Uapi.ETHTOOL_A_BITSET_MASK(), "mask");
        static final AttributeSet SET = TABLE.build();

        private BitsetSet() {}
    }

    /** Set {@code features}. */
    static final class FeaturesSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("features");
        static final Nest HEADER = TABLE.nest(Uapi.ETHTOOL_A_FEATURES_HEADER(), "header", HeaderSet.SET);
        static final Nest HW = TABLE.nest(Uapi.ETHTOOL_A_FEATURES_HW(), "hw", BitsetSet.SET);
        static final Nest WANTED = TABLE.nest(Uapi.ETHTOOL_A_FEATURES_WANTED(), "wanted", BitsetSet.SET);
        static final Nest ACTIVE = TABLE.nest(Uapi.ETHTOOL_A_FEATURES_ACTIVE(), "active", BitsetSet.SET);
        static final Nest NOCHANGE = TABLE.nest(Uapi.ETHTOOL_A_FEATURES_NOCHANGE(), "nochange", BitsetSet.SET);
        static final AttributeSet SET = TABLE.build();

        private FeaturesSet() {}
    }

    /** Set {@code channels}. */
    static final class ChannelsSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("channels");
        static final Nest HEADER = TABLE.nest(Uapi.ETHTOOL_A_CHANNELS_HEADER(), "header", HeaderSet.SET);
        static final U32 RX_MAX = TABLE.u32(Uapi.ETHTOOL_A_CHANNELS_RX_MAX(), "rx-max");
        static final U32 TX_MAX = TABLE.u32(Uapi.ETHTOOL_A_CHANNELS_TX_MAX(), "tx-max");
        static final U32 OTHER_MAX = TABLE.u32(Uapi.ETHTOOL_A_CHANNELS_OTHER_MAX(), "other-max");
        static final U32 COMBINED_MAX = TABLE.u32(Uapi.ETHTOOL_A_CHANNELS_COMBINED_MAX(), "combined-max");
        static final U32 RX_COUNT = TABLE.u32(Uapi.ETHTOOL_A_CHANNELS_RX_COUNT(), "rx-count");
        static final U32 TX_COUNT = TABLE.u32(Uapi.ETHTOOL_A_CHANNELS_TX_COUNT(), "tx-count");
        static final U32 OTHER_COUNT = TABLE.u32(Uapi.ETHTOOL_A_CHANNELS_OTHER_COUNT(), "other-count");
        static final U32 COMBINED_COUNT = TABLE.u32(Uapi.ETHTOOL_A_CHANNELS_COMBINED_COUNT(), "combined-count");
        static final AttributeSet SET = TABLE.build();

        private ChannelsSet() {}
    }

    /** Set {@code rings}. */
    static final class RingsSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("rings");
        static final Nest HEADER = TABLE.nest(Uapi.ETHTOOL_A_RINGS_HEADER(), "header", HeaderSet.SET);
        static final U32 RX_MAX = TABLE.u32(Uapi.ETHTOOL_A_RINGS_RX_MAX(), "rx-max");
        static final U32 RX_MINI_MAX = TABLE.u32(Uapi.ETHTOOL_A_RINGS_RX_MINI_MAX(), "rx-mini-max");
        static final U32 RX_JUMBO_MAX = TABLE.u32(Uapi.ETHTOOL_A_RINGS_RX_JUMBO_MAX(), "rx-jumbo-max");
        static final U32 TX_MAX = TABLE.u32(Uapi.ETHTOOL_A_RINGS_TX_MAX(), "tx-max");
        static final U32 RX = TABLE.u32(Uapi.ETHTOOL_A_RINGS_RX(), "rx");
        static final U32 RX_MINI = TABLE.u32(Uapi.ETHTOOL_A_RINGS_RX_MINI(), "rx-mini");
        static final U32 RX_JUMBO = TABLE.u32(Uapi.ETHTOOL_A_RINGS_RX_JUMBO(), "rx-jumbo");
        static final U32 TX = TABLE.u32(Uapi.ETHTOOL_A_RINGS_TX(), "tx");
        static final U32 RX_BUF_LEN = TABLE.u32(Uapi.ETHTOOL_A_RINGS_RX_BUF_LEN(), "rx-buf-len");
        static final U8 TCP_DATA_SPLIT =
                TABLE.u8(Uapi.ETHTOOL_A_RINGS_TCP_DATA_SPLIT(), "tcp-data-split", TcpDataSplit.NAMES);
        static final U32 CQE_SIZE = TABLE.u32(Uapi.ETHTOOL_A_RINGS_CQE_SIZE(), "cqe-size");
        static final U8 TX_PUSH = TABLE.u8(Uapi.ETHTOOL_A_RINGS_TX_PUSH(), "tx-push");
        static final U8 RX_PUSH = TABLE.u8(Uapi.ETHTOOL_A_RINGS_RX_PUSH(), "rx-push");
        static final U32 TX_PUSH_BUF_LEN = TABLE.u32(Uapi.ETHTOOL_A_RINGS_TX_PUSH_BUF_LEN(), "tx-push-buf-len");
        static final U32 TX_PUSH_BUF_LEN_MAX =
                TABLE.u32(Uapi.ETHTOOL_A_RINGS_TX_PUSH_BUF_LEN_MAX(), "tx-push-buf-len-max");
        static final U32 HDS_THRESH = TABLE.u32(Uapi.ETHTOOL_A_RINGS_HDS_THRESH(), "hds-thresh");
        static final U32 HDS_THRESH_MAX = TABLE.u32(Uapi.ETHTOOL_A_RINGS_HDS_THRESH_MAX(), "hds-thresh-max");
        static final AttributeSet SET = TABLE.build();

        private RingsSet() {}
    }

    /** Set {@code flow}: the hashed fields of each kind of flow; enum ethtool_flow, numbered from 1. */
    static final class FlowSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("flow");
        static final List<UInt> KINDS = kinds(
                "ether",
                "ip4",
                "ip6",
                "tcp4",
                "tcp6",
                "udp4",
                "udp6",
                "sctp4",
                "sctp6",
                "ah4",
                "ah6",
                "esp4",
                "esp6",
                "ah-esp4",
                "ah-esp6",
                "gtpu4",
                "gtpu6",
                "gtpc4",
                "gtpc6",
                "gtpc-teid4",
                "gtpc-teid6",
                "gtpu-eh4",
                "gtpu-eh6",
                "gtpu-ul4",
                "gtpu-ul6",
                "gtpu-dl4",
                "gtpu-dl6");
        static final AttributeSet SET = TABLE.build();

        private FlowSet() {}

        private static List<UInt> kinds(String... names) {
            List<UInt> kinds = new ArrayList<>();
            for (String name : names) {
                kinds.add(TABLE.uint(kinds.size() + 1, name, RssHashFields.NAMES));
            }
            return List.copyOf(kinds);
        }
    }

    /** Set {@code rss}. */
    static final class RssSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("rss");
        static final Nest HEADER = TABLE.nest(Uapi.ETHTOOL_A_RSS_HEADER(), "header", HeaderSet.SET);
        static final U32 CONTEXT = TABLE.u32(Uapi.ETHTOOL_A_RSS_CONTEXT(), "context");
        static final U32 HFUNC = TABLE.u32(Uapi.ETHTOOL_A_RSS_HFUNC(), "hfunc", RssHashFunction.NAMES);
        static final Binary INDIR = TABLE.binary(Uapi.ETHTOOL_A_RSS_INDIR(), "indir");
        static final Binary HKEY = TABLE.binary(Uapi.ETHTOOL_A_RSS_HKEY(), "hkey");
        static final U32 INPUT_XFRM = TABLE.u32(Uapi.ETHTOOL_A_RSS_INPUT_XFRM(), "input-xfrm", RssInputTransform.NAMES);
        static final U32 START_CONTEXT = TABLE.u32(Uapi.ETHTOOL_A_RSS_START_CONTEXT(), "start-context");
        static final Nest FLOW_HASH = TABLE.nest(Uapi.ETHTOOL_A_RSS_FLOW_HASH(), "flow-hash", FlowSet.SET);
        static final AttributeSet SET = TABLE.build();

        private RssSet() {}
    }
}
