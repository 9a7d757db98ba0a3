package dev.qlease.netdev;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.Attribute.SInt;
import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.Attribute.U64;
import dev.qlease.netlink.Attribute.UInt;
import dev.qlease.netlink.AttributeSet;

/** The family's attribute sets, except {@code qstats}: building requests and parsing replies follow from them. */
final class NetdevAttributes {
    private NetdevAttributes() {}

    /** Set {@code dev}. */
    static final class DevAttributes {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("dev");
        static final U32 IFINDEX = TABLE.u32(Uapi.NETDEV_A_DEV_IFINDEX(), "ifindex");
        static final U64 XDP_FEATURES = TABLE.u64(Uapi.NETDEV_A_DEV_XDP_FEATURES(), "xdp-features", XdpFeatures.NAMES);
        static final U32 XDP_ZC_MAX_SEGS = TABLE.u32(Uapi.NETDEV_A_DEV_XDP_ZC_MAX_SEGS(), "xdp-zc-max-segs");
        static final U64 XDP_RX_METADATA_FEATURES = TABLE.u64(
                Uapi.NETDEV_A_DEV_XDP_RX_METADATA_FEATURES(), "xdp-rx-metadata-features", XdpRxMetadata.NAMES);
        static final U64 XSK_FEATURES = TABLE.u64(Uapi.NETDEV_A_DEV_XSK_FEATURES(), "xsk-features", XskFlags.NAMES);

        static {
            TABLE.pad(Uapi.NETDEV_A_DEV_PAD());
        }

        static final AttributeSet SET = TABLE.build();

        private DevAttributes() {}
    }

    /** Set {@code io-uring-provider-info}. */
    static final class IoUringAttributes {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("io-uring-provider-info");
        static final UInt RX_BUF_LEN = TABLE.uint(Uapi.NETDEV_A_IO_URING_PROVIDER_INFO_RX_BUF_LEN(), "rx-buf-len");
        static final AttributeSet SET = TABLE.build();

        private IoUringAttributes() {}
    }

    /** Set {@code page-pool}, and its subset {@code page-pool-info}. */
    static final class PagePoolAttributes {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("page-pool");
        static final UInt ID = TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_ID(), "id");
        static final U32 IFINDEX = TABLE.u32(Uapi.NETDEV_A_PAGE_POOL_IFINDEX(), "ifindex");
        // A uint in the specification, which limits it to 32 bits.
        static final U32 NAPI_ID = TABLE.u32(Uapi.NETDEV_A_PAGE_POOL_NAPI_ID(), "napi-id");
        static final UInt INFLIGHT = TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_INFLIGHT(), "inflight");
        static final UInt INFLIGHT_MEM = TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_INFLIGHT_MEM(), "inflight-mem");
        static final UInt DETACH_TIME = TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_DETACH_TIME(), "detach-time");
        static final U32 DMABUF = TABLE.u32(Uapi.NETDEV_A_PAGE_POOL_DMABUF(), "dmabuf");
        static final Nest IO_URING = TABLE.nest(Uapi.NETDEV_A_PAGE_POOL_IO_URING(), "io-uring", IoUringAttributes.SET);
        static final AttributeSet SET = TABLE.build();

        private PagePoolAttributes() {}
    }

    /** Set {@code page-pool-stats}. */
    static final class PagePoolStatsAttributes {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("page-pool-stats");
        static final Nest INFO = TABLE.nest(Uapi.NETDEV_A_PAGE_POOL_STATS_INFO(), "info", PagePoolAttributes.SET);
        static final UInt ALLOC_FAST = TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_STATS_ALLOC_FAST(), "alloc-fast");
        static final UInt ALLOC_SLOW = TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_STATS_ALLOC_SLOW(), "alloc-slow");
        static final UInt ALLOC_SLOW_HIGH_ORDER =
                TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_STATS_ALLOC_SLOW_HIGH_ORDER(), "alloc-slow-high-order");
        static final UInt ALLOC_EMPTY = TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_STATS_ALLOC_EMPTY(), "alloc-empty");
        static final UInt ALLOC_REFILL = TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_STATS_ALLOC_REFILL(), "alloc-refill");
        static final UInt ALLOC_WAIVE = TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_STATS_ALLOC_WAIVE(), "alloc-waive");
        static final UInt RECYCLE_CACHED = TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_STATS_RECYCLE_CACHED(), "recycle-cached");
        static final UInt RECYCLE_CACHE_FULL =
                TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_STATS_RECYCLE_CACHE_FULL(), "recycle-cache-full");
        static final UInt RECYCLE_RING = TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_STATS_RECYCLE_RING(), "recycle-ring");
        static final UInt RECYCLE_RING_FULL =
                TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_STATS_RECYCLE_RING_FULL(), "recycle-ring-full");
        static final UInt RECYCLE_RELEASED_REFCNT =
                TABLE.uint(Uapi.NETDEV_A_PAGE_POOL_STATS_RECYCLE_RELEASED_REFCNT(), "recycle-released-refcnt");
        static final AttributeSet SET = TABLE.build();

        private PagePoolStatsAttributes() {}
    }

    /** Set {@code napi}. */
    static final class NapiAttributes {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("napi");
        static final U32 IFINDEX = TABLE.u32(Uapi.NETDEV_A_NAPI_IFINDEX(), "ifindex");
        static final U32 ID = TABLE.u32(Uapi.NETDEV_A_NAPI_ID(), "id");
        static final U32 IRQ = TABLE.u32(Uapi.NETDEV_A_NAPI_IRQ(), "irq");
        static final U32 PID = TABLE.u32(Uapi.NETDEV_A_NAPI_PID(), "pid");
        static final U32 DEFER_HARD_IRQS = TABLE.u32(Uapi.NETDEV_A_NAPI_DEFER_HARD_IRQS(), "defer-hard-irqs");
        static final UInt GRO_FLUSH_TIMEOUT = TABLE.uint(Uapi.NETDEV_A_NAPI_GRO_FLUSH_TIMEOUT(), "gro-flush-timeout");
        static final UInt IRQ_SUSPEND_TIMEOUT =
                TABLE.uint(Uapi.NETDEV_A_NAPI_IRQ_SUSPEND_TIMEOUT(), "irq-suspend-timeout");
        static final U32 THREADED = TABLE.u32(Uapi.NETDEV_A_NAPI_THREADED(), "threaded", NapiThreaded.NAMES);
        static final AttributeSet SET = TABLE.build();

        private NapiAttributes() {}
    }

    /** Set {@code queue-id}, a subset of {@code queue}. */
    static final class QueueIdAttributes {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("queue-id");
        static final U32 ID = TABLE.u32(Uapi.NETDEV_A_QUEUE_ID(), "id");
        static final U32 TYPE = TABLE.u32(Uapi.NETDEV_A_QUEUE_TYPE(), "type", QueueType.NAMES);
        static final AttributeSet SET = TABLE.build();

        private QueueIdAttributes() {}
    }

    /** Set {@code lease}. */
    static final class LeaseAttributes {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("lease");
        static final U32 IFINDEX = TABLE.u32(Uapi.NETDEV_A_LEASE_IFINDEX(), "ifindex");
        static final Nest QUEUE = TABLE.nest(Uapi.NETDEV_A_LEASE_QUEUE(), "queue", QueueIdAttributes.SET);
        static final SInt NETNS_ID = TABLE.sint(Uapi.NETDEV_A_LEASE_NETNS_ID(), "netns-id");
        static final AttributeSet SET = TABLE.build();

        private LeaseAttributes() {}
    }

    /** Set {@code queue}. */
    static final class QueueAttributes {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("queue");
        static final U32 ID = TABLE.u32(Uapi.NETDEV_A_QUEUE_ID(), "id");
        static final U32 IFINDEX = TABLE.u32(Uapi.NETDEV_A_QUEUE_IFINDEX(), "ifindex");
        static final U32 TYPE = TABLE.u32(Uapi.NETDEV_A_QUEUE_TYPE(), "type", QueueType.NAMES);
        static final U32 NAPI_ID = TABLE.u32(Uapi.NETDEV_A_QUEUE_NAPI_ID(), "napi-id");
        static final U32 DMABUF = TABLE.u32(Uapi.NETDEV_A_QUEUE_DMABUF(), "dmabuf");
        static final Nest IO_URING = TABLE.nest(Uapi.NETDEV_A_QUEUE_IO_URING(), "io-uring", IoUringAttributes.SET);
        static final Nest XSK = TABLE.nest(Uapi.NETDEV_A_QUEUE_XSK(), "xsk", AttributeSet.EMPTY);
        static final Nest LEASE = TABLE.nest(Uapi.NETDEV_A_QUEUE_LEASE(), "lease", LeaseAttributes.SET);
        static final AttributeSet SET = TABLE.build();

        private QueueAttributes() {}
    }

    /** Set {@code dmabuf}. */
    static final class DmaBufAttributes {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("dmabuf");
        static final U32 IFINDEX = TABLE.u32(Uapi.NETDEV_A_DMABUF_IFINDEX(), "ifindex");
        static final Nest QUEUES = TABLE.nest(Uapi.NETDEV_A_DMABUF_QUEUES(), "queues", QueueIdAttributes.SET);
        static final U32 FD = TABLE.u32(Uapi.NETDEV_A_DMABUF_FD(), "fd");
        static final U32 ID = TABLE.u32(Uapi.NETDEV_A_DMABUF_ID(), "id");
        static final U32 RX_PAGE_SIZE = TABLE.u32(Uapi.NETDEV_A_DMABUF_RX_PAGE_SIZE(), "rx-page-size");
        static final AttributeSet SET = TABLE.build();

        private DmaBufAttributes() {}
    }
}
