package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.ifa_cacheinfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;

/**
 * The lifetime of an address; struct ifa_cacheinfo.
 *
 * @param prefered seconds until it is deprecated, {@link #FOREVER} for never
 * @param valid seconds until it is removed, {@link #FOREVER} for never
 * @param cstamp when it was created, in hundredths of a second since boot
 * @param tstamp when it was last changed, in hundredths of a second since boot
 */
public record AddressLifetime(long prefered, long valid, long cstamp, long tstamp) {
    /** An unlimited lifetime. */
    public static final long FOREVER = 0xffff_ffffL;

    static AddressLifetime of(MemorySegment received) {
        MemorySegment info = Structures.copy(received, ifa_cacheinfo.sizeof());
        return new AddressLifetime(
                Integer.toUnsignedLong(ifa_cacheinfo.ifa_prefered(info)),
                Integer.toUnsignedLong(ifa_cacheinfo.ifa_valid(info)),
                Integer.toUnsignedLong(ifa_cacheinfo.cstamp(info)),
                Integer.toUnsignedLong(ifa_cacheinfo.tstamp(info)));
    }

    /** Returns the structure for a request. */
    static byte[] bytes(Duration valid, Duration prefered) {
        MemorySegment info = Structures.copy(MemorySegment.NULL, ifa_cacheinfo.sizeof());
        ifa_cacheinfo.ifa_valid(info, seconds(valid));
        ifa_cacheinfo.ifa_prefered(info, seconds(prefered));
        return info.toArray(ValueLayout.JAVA_BYTE);
    }

    private static int seconds(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("an address cannot have a negative lifetime: " + duration);
        }
        return (int) Math.min(duration.toSeconds(), FOREVER);
    }
}
