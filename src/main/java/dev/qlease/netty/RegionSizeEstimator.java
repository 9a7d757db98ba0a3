package dev.qlease.netty;

import io.netty.channel.MessageSizeEstimator;

/**
 * Counts the bytes of regions, so that they count for the water marks of a channel, and passes other messages to
 * another estimator.
 */
final class RegionSizeEstimator implements MessageSizeEstimator {
    /** Netty adds the overhead of an entry to the size as an int. */
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
