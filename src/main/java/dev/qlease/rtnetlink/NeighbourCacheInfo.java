package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.nda_cacheinfo;
import java.lang.foreign.MemorySegment;

/**
 * The times of a neighbour's use; struct nda_cacheinfo. Times are in hundredths of a second before now.
 *
 * @param confirmed when it was last confirmed
 * @param used when it was last used
 * @param updated when its hardware address or state last changed
 * @param refcnt number of references to it
 */
public record NeighbourCacheInfo(long confirmed, long used, long updated, long refcnt) {
    static NeighbourCacheInfo of(MemorySegment received) {
        MemorySegment info = Structures.copy(received, nda_cacheinfo.sizeof());
        return new NeighbourCacheInfo(
                Integer.toUnsignedLong(nda_cacheinfo.ndm_confirmed(info)),
                Integer.toUnsignedLong(nda_cacheinfo.ndm_used(info)),
                Integer.toUnsignedLong(nda_cacheinfo.ndm_updated(info)),
                Integer.toUnsignedLong(nda_cacheinfo.ndm_refcnt(info)));
    }
}
