package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.ChannelsSet;
import dev.qlease.netlink.Request;
import java.util.OptionalLong;

/**
 * A change to a device's {@link Channels}; empty values are left unchanged. Immutable; each method returns a copy with
 * one more setting.
 *
 * @param rxCount receive-only channels
 * @param txCount send-only channels
 * @param otherCount channels for other purposes
 * @param combinedCount combined channels
 */
public record ChannelsChange(
        OptionalLong rxCount, OptionalLong txCount, OptionalLong otherCount, OptionalLong combinedCount) {
    /** Changes nothing. */
    public static final ChannelsChange NONE =
            new ChannelsChange(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty());

    /** Checks that the numbers are in the range 0 to 4,294,967,295. */
    public ChannelsChange {
        Numbers.checkU32("rx-count", rxCount);
        Numbers.checkU32("tx-count", txCount);
        Numbers.checkU32("other-count", otherCount);
        Numbers.checkU32("combined-count", combinedCount);
    }

    /** Sets the number of receive-only channels. */
    public ChannelsChange rxCount(long channels) {
        return new ChannelsChange(OptionalLong.of(channels), txCount, otherCount, combinedCount);
    }

    /** Sets the number of send-only channels. */
    public ChannelsChange txCount(long channels) {
        return new ChannelsChange(rxCount, OptionalLong.of(channels), otherCount, combinedCount);
    }

    /** Sets the number of channels for other purposes. */
    public ChannelsChange otherCount(long channels) {
        return new ChannelsChange(rxCount, txCount, OptionalLong.of(channels), combinedCount);
    }

    /** Sets the number of combined channels. */
    public ChannelsChange combinedCount(long channels) {
        return new ChannelsChange(rxCount, txCount, otherCount, OptionalLong.of(channels));
    }

    /**
     * Returns the change that restores the counts changed by this one. A count that the driver did not report is empty.
     */
    public ChannelsChange undo(Channels before) {
        return new ChannelsChange(
                rxCount.isPresent() ? before.rxCount() : rxCount,
                txCount.isPresent() ? before.txCount() : txCount,
                otherCount.isPresent() ? before.otherCount() : otherCount,
                combinedCount.isPresent() ? before.combinedCount() : combinedCount);
    }

    Request write(Request request) {
        rxCount.ifPresent(value -> request.put(ChannelsSet.RX_COUNT, (int) value));
        txCount.ifPresent(value -> request.put(ChannelsSet.TX_COUNT, (int) value));
        otherCount.ifPresent(value -> request.put(ChannelsSet.OTHER_COUNT, (int) value));
        combinedCount.ifPresent(value -> request.put(ChannelsSet.COMBINED_COUNT, (int) value));
        return request;
    }
}
