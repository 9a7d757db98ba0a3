package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.ChannelsSet;
import dev.qlease.ethtool.EthtoolAttributes.HeaderSet;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import java.util.List;
import java.util.OptionalLong;

/**
 * How many queues a device uses, and how many it can. A channel is an interrupt with its queues: one to receive, one to
 * send, or one of each (combined).
 *
 * @param ifindex the device
 * @param rxMax the most channels that receive only
 * @param txMax the most channels that send only
 * @param otherMax the most channels for other things
 * @param combinedMax the most channels that do both
 * @param rxCount channels that receive only
 * @param txCount channels that send only
 * @param otherCount channels for other things
 * @param combinedCount channels that do both
 * @param unknown what a newer kernel says beside
 */
public record Channels(
        int ifindex,
        OptionalLong rxMax,
        OptionalLong txMax,
        OptionalLong otherMax,
        OptionalLong combinedMax,
        OptionalLong rxCount,
        OptionalLong txCount,
        OptionalLong otherCount,
        OptionalLong combinedCount,
        List<UnknownAttribute> unknown) {
    static Channels of(Attributes a) {
        return new Channels(
                a.get(ChannelsSet.HEADER).get(HeaderSet.DEV_INDEX),
                a.findUnsigned(ChannelsSet.RX_MAX),
                a.findUnsigned(ChannelsSet.TX_MAX),
                a.findUnsigned(ChannelsSet.OTHER_MAX),
                a.findUnsigned(ChannelsSet.COMBINED_MAX),
                a.findUnsigned(ChannelsSet.RX_COUNT),
                a.findUnsigned(ChannelsSet.TX_COUNT),
                a.findUnsigned(ChannelsSet.OTHER_COUNT),
                a.findUnsigned(ChannelsSet.COMBINED_COUNT),
                a.unknown());
    }

    /** How many receive queues are in use. */
    public long receiveQueues() {
        return rxCount.orElse(0) + combinedCount.orElse(0);
    }
}
