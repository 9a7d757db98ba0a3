package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.HeaderSet;
import dev.qlease.ethtool.EthtoolAttributes.RingsSet;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The rings of descriptors of a device's queues, and how it receives into them.
 *
 * @param ifindex the device
 * @param rxMax the most descriptors that a receive ring can have
 * @param rxMiniMax the same of rings for small packets
 * @param rxJumboMax the same of rings for large packets
 * @param txMax the most descriptors that a transmit ring can have
 * @param rx descriptors of a receive ring
 * @param rxMini the same of rings for small packets
 * @param rxJumbo the same of rings for large packets
 * @param tx descriptors of a transmit ring
 * @param rxBufLen bytes of a receive buffer
 * @param tcpDataSplit whether headers and payload go to different buffers
 * @param cqeSize bytes of an event of completion
 * @param txPush 1 if descriptors are written to the device as they are made
 * @param rxPush the same of receiving
 * @param txPushBufLen bytes of a packet that are written with its descriptor
 * @param txPushBufLenMax the most of these
 * @param hdsThresh packets with fewer bytes of payload are not split
 * @param hdsThreshMax the largest threshold; empty where there is none
 * @param unknown what a newer kernel says beside
 */
public record Rings(
        int ifindex,
        OptionalLong rxMax,
        OptionalLong rxMiniMax,
        OptionalLong rxJumboMax,
        OptionalLong txMax,
        OptionalLong rx,
        OptionalLong rxMini,
        OptionalLong rxJumbo,
        OptionalLong tx,
        OptionalLong rxBufLen,
        Optional<TcpDataSplit> tcpDataSplit,
        OptionalLong cqeSize,
        OptionalInt txPush,
        OptionalInt rxPush,
        OptionalLong txPushBufLen,
        OptionalLong txPushBufLenMax,
        OptionalLong hdsThresh,
        OptionalLong hdsThreshMax,
        List<UnknownAttribute> unknown) {
    static Rings of(Attributes a) {
        OptionalInt split = a.find(RingsSet.TCP_DATA_SPLIT);
        return new Rings(
                a.get(RingsSet.HEADER).get(HeaderSet.DEV_INDEX),
                a.findUnsigned(RingsSet.RX_MAX),
                a.findUnsigned(RingsSet.RX_MINI_MAX),
                a.findUnsigned(RingsSet.RX_JUMBO_MAX),
                a.findUnsigned(RingsSet.TX_MAX),
                a.findUnsigned(RingsSet.RX),
                a.findUnsigned(RingsSet.RX_MINI),
                a.findUnsigned(RingsSet.RX_JUMBO),
                a.findUnsigned(RingsSet.TX),
                a.findUnsigned(RingsSet.RX_BUF_LEN),
                split.isPresent() ? Optional.of(new TcpDataSplit(split.getAsInt())) : Optional.empty(),
                a.findUnsigned(RingsSet.CQE_SIZE),
                a.find(RingsSet.TX_PUSH),
                a.find(RingsSet.RX_PUSH),
                a.findUnsigned(RingsSet.TX_PUSH_BUF_LEN),
                a.findUnsigned(RingsSet.TX_PUSH_BUF_LEN_MAX),
                a.findUnsigned(RingsSet.HDS_THRESH),
                a.findUnsigned(RingsSet.HDS_THRESH_MAX),
                a.unknown());
    }
}
