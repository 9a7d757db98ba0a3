package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.rta_cacheinfo;
import java.lang.foreign.MemorySegment;

/**
 * What the kernel knows of the use of a route; struct rta_cacheinfo.
 *
 * @param clntref how many use it
 * @param lastuse when it was used last, in hundredths of seconds before now
 * @param expires when it is gone, in hundredths of seconds from now; 0 for never
 * @param error the errno that users of it get, negative; 0 for none
 * @param used how often it was used
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
