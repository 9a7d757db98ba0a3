package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.nda_cacheinfo;
import java.lang.foreign.MemorySegment;

/**
 * What the kernel knows of the use of a neighbour; struct nda_cacheinfo. Times are in hundredths of seconds before now.
 *
 * @param confirmed when it was heard of
 * @param used when a packet went there
 * @param updated when its hardware address or state changed
 * @param refcnt how many hold it
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
