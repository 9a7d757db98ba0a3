package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.Attribute.Binary;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.Attribute.Text;
import dev.qlease.netlink.Attribute.U16;
import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.Attribute.U8;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.BinaryFormat;

/** The attribute sets of routes, from which building requests and parsing replies follow. */
final class RouteAttributes {
    private RouteAttributes() {}

    /** Set {@code metrics}. */
    static final class MetricSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("metrics");
        static final U32 LOCK = TABLE.u32(Uapi.RTAX_LOCK(), "lock");
        static final U32 MTU = TABLE.u32(Uapi.RTAX_MTU(), "mtu");
        static final U32 WINDOW = TABLE.u32(Uapi.RTAX_WINDOW(), "window");
        static final U32 RTT = TABLE.u32(Uapi.RTAX_RTT(), "rtt");
        static final U32 RTTVAR = TABLE.u32(Uapi.RTAX_RTTVAR(), "rttvar");
        static final U32 SSTHRESH = TABLE.u32(Uapi.RTAX_SSTHRESH(), "ssthresh");
        static final U32 CWND = TABLE.u32(Uapi.RTAX_CWND(), "cwnd");
        static final U32 ADVMSS = TABLE.u32(Uapi.RTAX_ADVMSS(), "advmss");
        static final U32 REORDERING = TABLE.u32(Uapi.RTAX_REORDERING(), "reordering");
        static final U32 HOPLIMIT = TABLE.u32(Uapi.RTAX_HOPLIMIT(), "hoplimit");
        static final U32 INITCWND = TABLE.u32(Uapi.RTAX_INITCWND(), "initcwnd");
        static final U32 FEATURES = TABLE.u32(Uapi.RTAX_FEATURES(), "features");
        static final U32 RTO_MIN = TABLE.u32(Uapi.RTAX_RTO_MIN(), "rto-min");
        static final U32 INITRWND = TABLE.u32(Uapi.RTAX_INITRWND(), "initrwnd");
        static final U32 QUICKACK = TABLE.u32(Uapi.RTAX_QUICKACK(), "quickack");
        static final Text CC_ALGO = TABLE.text(Uapi.RTAX_CC_ALGO(), "cc-algo");
        static final U32 FASTOPEN_NO_COOKIE = TABLE.u32(Uapi.RTAX_FASTOPEN_NO_COOKIE(), "fastopen-no-cookie");
        static final AttributeSet SET = TABLE.build();

        private MetricSet() {}
    }

    /** Set {@code route-attrs}. */
    static final class RouteSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("route-attrs");
        static final Binary DST = TABLE.binary(Uapi.RTA_DST(), "dst", BinaryFormat.IP_ADDRESS);
        static final Binary SRC = TABLE.binary(Uapi.RTA_SRC(), "src", BinaryFormat.IP_ADDRESS);
        static final U32 IIF = TABLE.u32(Uapi.RTA_IIF(), "iif");
        static final U32 OIF = TABLE.u32(Uapi.RTA_OIF(), "oif");
        static final Binary GATEWAY = TABLE.binary(Uapi.RTA_GATEWAY(), "gateway", BinaryFormat.IP_ADDRESS);
        static final U32 PRIORITY = TABLE.u32(Uapi.RTA_PRIORITY(), "priority");
        static final Binary PREFSRC = TABLE.binary(Uapi.RTA_PREFSRC(), "prefsrc", BinaryFormat.IP_ADDRESS);
        static final Nest METRICS = TABLE.nest(Uapi.RTA_METRICS(), "metrics", MetricSet.SET);
        static final Binary MULTIPATH = TABLE.binary(Uapi.RTA_MULTIPATH(), "multipath");
        static final U32 FLOW = TABLE.u32(Uapi.RTA_FLOW(), "flow");
        static final Binary CACHEINFO = TABLE.binary(Uapi.RTA_CACHEINFO(), "cacheinfo");
        static final U32 TABLE_ID = TABLE.u32(Uapi.RTA_TABLE(), "table", RouteTable.NAMES);
        static final U32 MARK = TABLE.u32(Uapi.RTA_MARK(), "mark");
        static final Binary VIA = TABLE.binary(Uapi.RTA_VIA(), "via");
        static final U8 PREF = TABLE.u8(Uapi.RTA_PREF(), "pref");
        static final U16 ENCAP_TYPE = TABLE.u16(Uapi.RTA_ENCAP_TYPE(), "encap-type");
        static final Binary ENCAP = TABLE.binary(Uapi.RTA_ENCAP(), "encap");
        static final U32 EXPIRES = TABLE.u32(Uapi.RTA_EXPIRES(), "expires");
        static final U32 UID = TABLE.u32(Uapi.RTA_UID(), "uid");
        static final U8 TTL_PROPAGATE = TABLE.u8(Uapi.RTA_TTL_PROPAGATE(), "ttl-propagate");
        static final U8 IP_PROTO = TABLE.u8(Uapi.RTA_IP_PROTO(), "ip-proto");
        static final U32 NH_ID = TABLE.u32(Uapi.RTA_NH_ID(), "nh-id");
        static final U32 DEL_REASON = TABLE.u32(Uapi.RTA_DEL_REASON(), "del-reason", RouteDelReason.NAMES);

        // Listed only so that traces name them and they do not count as unknown: they are not of unicast routes, or
        // are in network byte order and serve only lookups by port.
        static {
            TABLE.binary(Uapi.RTA_MFC_STATS(), "mfc-stats");
            TABLE.binary(Uapi.RTA_NEWDST(), "newdst");
            TABLE.pad(Uapi.RTA_PAD());
            TABLE.binary(Uapi.RTA_SPORT(), "sport");
            TABLE.binary(Uapi.RTA_DPORT(), "dport");
            TABLE.binary(Uapi.RTA_FLOWLABEL(), "flowlabel");
        }

        static final AttributeSet SET = TABLE.build();

        private RouteSet() {}
    }
}
