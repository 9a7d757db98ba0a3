package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.ChannelsSet;
import dev.qlease.ethtool.EthtoolAttributes.HeaderSet;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import java.util.List;
import java.util.OptionalLong;

/**
 * How many queues a device uses, and how many it supports. A channel is an interrupt with its queues: one to receive,
 * one to send, or one of each (combined).
 *
 * @param ifindex the device
 * @param rxMax maximum number of receive-only channels
 * @param txMax maximum number of send-only channels
 * @param otherMax maximum number of channels for other purposes
 * @param combinedMax maximum number of combined channels
 * @param rxCount receive-only channels
 * @param txCount send-only channels
 * @param otherCount channels for other purposes
 * @param combinedCount combined channels
 * @param unknown attributes that this library has no name for
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

    /** Returns the number of receive queues in use. */
    public long receiveQueues() {
        return rxCount.orElse(0) + combinedCount.orElse(0);
    }
}
