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
 * The descriptor rings of a device's queues, and its receive settings.
 *
 * @param ifindex the device
 * @param rxMax maximum number of descriptors of a receive ring
 * @param rxMiniMax maximum number of descriptors of a ring for small packets
 * @param rxJumboMax maximum number of descriptors of a ring for large packets
 * @param txMax maximum number of descriptors of a transmit ring
 * @param rx descriptors of a receive ring
 * @param rxMini descriptors of a ring for small packets
 * @param rxJumbo descriptors of a ring for large packets
 * @param tx descriptors of a transmit ring
 * @param rxBufLen size of a receive buffer in bytes
 * @param tcpDataSplit whether headers and payload go to different buffers
 * @param cqeSize size of a completion event in bytes
 * @param txPush 1 if transmit descriptors are written to the device directly
 * @param rxPush 1 if receive descriptors are written to the device directly
 * @param txPushBufLen bytes of a packet that are written with its descriptor
 * @param txPushBufLenMax maximum of these
 * @param hdsThresh packets with fewer bytes of payload are not split
 * @param hdsThreshMax the largest threshold; empty if there is none
 * @param unknown attributes that this library has no name for
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
