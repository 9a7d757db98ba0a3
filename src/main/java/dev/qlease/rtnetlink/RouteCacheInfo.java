package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.rta_cacheinfo;
import java.lang.foreign.MemorySegment;

/**
 * The state of a route's use; struct rta_cacheinfo.
 *
 * @param clntref number of references to it
 * @param lastuse when it was last used, in hundredths of a second before now
 * @param expires when it expires, in hundredths of a second from now; 0 for never
 * @param error the negative errno that its users receive; 0 for none
 * @param used number of times it was used
 */
public record RouteCacheInfo(long clntref, long lastuse, int expires, int error, long used) {
    static RouteCacheInfo of(MemorySegment received) {
        MemorySegment info = Structures.copy(received, rta_cacheinfo.sizeof());
        return new RouteCacheInfo(
                Integer.toUnsignedLong(rta_cacheinfo.rta_clntref(info)),
                Integer.toUnsignedLong(rta_cacheinfo.rta_lastuse(info)),
                rta_cacheinfo.rta_expires(info),
                rta_cacheinfo.rta_error(info),
                Integer.toUnsignedLong(rta_cacheinfo.rta_used(info)));
    }
}
