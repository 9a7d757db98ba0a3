package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.ChannelsSet;
import dev.qlease.netlink.Request;
import java.util.OptionalLong;

/**
 * What is to change of a device's {@link Channels}; what is empty stays as it is. Immutable; each method answers a copy
 * with one thing more.
 *
 * @param rxCount channels that receive only
 * @param txCount channels that send only
 * @param otherCount channels for other things
 * @param combinedCount channels that do both
 */
public record ChannelsChange(
        OptionalLong rxCount, OptionalLong txCount, OptionalLong otherCount, OptionalLong combinedCount) {
    /** Nothing. */
    public static final ChannelsChange NONE =
            new ChannelsChange(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty());

    /** Checks that the numbers are 0 to 4,294,967,295. */
    public ChannelsChange {
        Numbers.checkU32("rx-count", rxCount);
        Numbers.checkU32("tx-count", txCount);
        Numbers.checkU32("other-count", otherCount);
        Numbers.checkU32("combined-count", combinedCount);
    }

    /** So many channels receive only. */
    public ChannelsChange rxCount(long channels) {
        return new ChannelsChange(OptionalLong.of(channels), txCount, otherCount, combinedCount);
    }

    /** So many channels send only. */
    public ChannelsChange txCount(long channels) {
        return new ChannelsChange(rxCount, OptionalLong.of(channels), otherCount, combinedCount);
    }

    /** So many channels are for other things. */
    public ChannelsChange otherCount(long channels) {
        return new ChannelsChange(rxCount, txCount, OptionalLong.of(channels), combinedCount);
    }

    /** So many channels do both. */
    public ChannelsChange combinedCount(long channels) {
        return new ChannelsChange(rxCount, txCount, otherCount, OptionalLong.of(channels));
    }

    /** What puts back what this changes: the same counts, as they were. One that the driver did not report is empty. */
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
