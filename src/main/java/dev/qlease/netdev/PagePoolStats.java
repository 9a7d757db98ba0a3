package dev.qlease.netdev;

import dev.qlease.netdev.NetdevAttributes.PagePoolAttributes;
import dev.qlease.netdev.NetdevAttributes.PagePoolStatsAttributes;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Statistics of a page pool since its creation; struct page_pool_stats. The kernel needs CONFIG_PAGE_POOL_STATS.
 *
 * @param info the pool
 * @param allocFast pages from the pool's cache
 * @param allocSlow single pages from the page allocator
 * @param allocSlowHighOrder larger pieces from the page allocator
 * @param allocEmpty how often the ring was empty and the page allocator was used
 * @param allocRefill how often the cache was refilled from the ring
 * @param allocWaive pages from the ring that were not used because they were on another NUMA node
 * @param recycleCached pages returned to the cache
 * @param recycleCacheFull how often the cache was full
 * @param recycleRing pages returned to the ring
 * @param recycleRingFull pages freed because the ring was full
 * @param recycleReleasedRefcnt pages freed because there were other references to them
 * @param unknown attributes that this library has no name for
 */
public record PagePoolStats(
        PagePoolInfo info,
        OptionalLong allocFast,
        OptionalLong allocSlow,
        OptionalLong allocSlowHighOrder,
        OptionalLong allocEmpty,
        OptionalLong allocRefill,
        OptionalLong allocWaive,
        OptionalLong recycleCached,
        OptionalLong recycleCacheFull,
        OptionalLong recycleRing,
        OptionalLong recycleRingFull,
        OptionalLong recycleReleasedRefcnt,
        List<UnknownAttribute> unknown) {
    /**
     * Identifies a page pool.
     *
     * @param id its number
     * @param ifindex the device; empty once it is removed
     */
    public record PagePoolInfo(long id, OptionalInt ifindex) {}

    static PagePoolStats of(Attributes a) {
        Attributes info = a.get(PagePoolStatsAttributes.INFO);
        return new PagePoolStats(
                new PagePoolInfo(info.get(PagePoolAttributes.ID), info.find(PagePoolAttributes.IFINDEX)),
                a.find(PagePoolStatsAttributes.ALLOC_FAST),
                a.find(PagePoolStatsAttributes.ALLOC_SLOW),
                a.find(PagePoolStatsAttributes.ALLOC_SLOW_HIGH_ORDER),
                a.find(PagePoolStatsAttributes.ALLOC_EMPTY),
                a.find(PagePoolStatsAttributes.ALLOC_REFILL),
                a.find(PagePoolStatsAttributes.ALLOC_WAIVE),
                a.find(PagePoolStatsAttributes.RECYCLE_CACHED),
                a.find(PagePoolStatsAttributes.RECYCLE_CACHE_FULL),
                a.find(PagePoolStatsAttributes.RECYCLE_RING),
                a.find(PagePoolStatsAttributes.RECYCLE_RING_FULL),
                a.find(PagePoolStatsAttributes.RECYCLE_RELEASED_REFCNT),
                a.unknown());
    }
}
