package dev.qlease.netty;

import io.netty.channel.MessageSizeEstimator;

/** Counts the bytes of regions, and leaves all else to another: so they count for the water marks of a channel. */
final class RegionSizeEstimator implements MessageSizeEstimator {
    /** Netty adds an entry's overhead in an int. */
    private static final int MOST = Integer.MAX_VALUE - (1 << 16);

    private final Handle handle;

    RegionSizeEstimator(MessageSizeEstimator others) {
        Handle ofOthers = others.newHandle();
        handle = message ->
                message instanceof DmaBufRegion region ? (int) Math.min(MOST, region.count()) : ofOthers.size(message);
    }

    @Override
    public Handle newHandle() {
        return handle;
    }
}
