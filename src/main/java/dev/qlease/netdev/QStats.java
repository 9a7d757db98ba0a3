package dev.qlease.netdev;

import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Statistics of a device or of one of its queues, counted since the device was last reset (device) or reconfigured
 * (queue). A counter that the driver does not keep is empty. All are unsigned 64-bit numbers.
 *
 * @param ifindex the device
 * @param queueType the queue's type, in the statistics of one queue
 * @param queueId the queue's number, in the statistics of one queue
 * @param rxPackets frames received and passed to the stack
 * @param rxBytes bytes of these
 * @param txPackets frames sent
 * @param txBytes bytes of these
 * @param rxAllocFail buffers that could not be allocated
 * @param rxHwDrops frames that the device received but never passed on
 * @param rxHwDropOverruns frames dropped for lack of buffers or descriptors
 * @param rxCsumComplete frames marked CHECKSUM_COMPLETE
 * @param rxCsumUnnecessary frames marked CHECKSUM_UNNECESSARY
 * @param rxCsumNone frames whose checksum the device did not verify
 * @param rxCsumBad frames with a wrong checksum, which are delivered nevertheless
 * @param rxHwGroPackets frames that the device merged from several
 * @param rxHwGroBytes bytes of these
 * @param rxHwGroWirePackets frames from which these were merged
 * @param rxHwGroWireBytes bytes of these
 * @param rxHwDropRatelimits frames dropped by a rate limit
 * @param txHwDrops frames that reached the device but were never sent
 * @param txHwDropErrors frames dropped because they were malformed
 * @param txCsumNone frames that needed no checksum
 * @param txNeedsCsum frames whose checksum the device computed
 * @param txHwGsoPackets frames that the device segmented
 * @param txHwGsoBytes bytes of these
 * @param txHwGsoWirePackets segments of these
 * @param txHwGsoWireBytes bytes of these segments
 * @param txHwDropRatelimits frames dropped by a rate limit
 * @param txStop how often the queue was full and the stack stopped
 * @param txWake how often the stack was started again
 * @param unknown attributes that this library has no name for
 */
public record QStats(
        int ifindex,
        Optional<QueueType> queueType,
        OptionalInt queueId,
        OptionalLong rxPackets,
        OptionalLong rxBytes,
        OptionalLong txPackets,
        OptionalLong txBytes,
        OptionalLong rxAllocFail,
        OptionalLong rxHwDrops,
        OptionalLong rxHwDropOverruns,
        OptionalLong rxCsumComplete,
        OptionalLong rxCsumUnnecessary,
        OptionalLong rxCsumNone,
        OptionalLong rxCsumBad,
        OptionalLong rxHwGroPackets,
        OptionalLong rxHwGroBytes,
        OptionalLong rxHwGroWirePackets,
        OptionalLong rxHwGroWireBytes,
        OptionalLong rxHwDropRatelimits,
        OptionalLong txHwDrops,
        OptionalLong txHwDropErrors,
        OptionalLong txCsumNone,
        OptionalLong txNeedsCsum,
        OptionalLong txHwGsoPackets,
        OptionalLong txHwGsoBytes,
        OptionalLong txHwGsoWirePackets,
        OptionalLong txHwGsoWireBytes,
        OptionalLong txHwDropRatelimits,
        OptionalLong txStop,
        OptionalLong txWake,
        List<UnknownAttribute> unknown) {
    static QStats of(Attributes a) {
        return new QStats(
                a.get(QStatsAttributes.IFINDEX),
                a.find(QStatsAttributes.QUEUE_TYPE, QueueType::of),
                a.find(QStatsAttributes.QUEUE_ID),
                a.find(QStatsAttributes.RX_PACKETS),
                a.find(QStatsAttributes.RX_BYTES),
                a.find(QStatsAttributes.TX_PACKETS),
                a.find(QStatsAttributes.TX_BYTES),
                a.find(QStatsAttributes.RX_ALLOC_FAIL),
                a.find(QStatsAttributes.RX_HW_DROPS),
                a.find(QStatsAttributes.RX_HW_DROP_OVERRUNS),
                a.find(QStatsAttributes.RX_CSUM_COMPLETE),
                a.find(QStatsAttributes.RX_CSUM_UNNECESSARY),
                a.find(QStatsAttributes.RX_CSUM_NONE),
                a.find(QStatsAttributes.RX_CSUM_BAD),
                a.find(QStatsAttributes.RX_HW_GRO_PACKETS),
                a.find(QStatsAttributes.RX_HW_GRO_BYTES),
                a.find(QStatsAttributes.RX_HW_GRO_WIRE_PACKETS),
                a.find(QStatsAttributes.RX_HW_GRO_WIRE_BYTES),
                a.find(QStatsAttributes.RX_HW_DROP_RATELIMITS),
                a.find(QStatsAttributes.TX_HW_DROPS),
                a.find(QStatsAttributes.TX_HW_DROP_ERRORS),
                a.find(QStatsAttributes.TX_CSUM_NONE),
                a.find(QStatsAttributes.TX_NEEDS_CSUM),
                a.find(QStatsAttributes.TX_HW_GSO_PACKETS),
                a.find(QStatsAttributes.TX_HW_GSO_BYTES),
                a.find(QStatsAttributes.TX_HW_GSO_WIRE_PACKETS),
                a.find(QStatsAttributes.TX_HW_GSO_WIRE_BYTES),
                a.find(QStatsAttributes.TX_HW_DROP_RATELIMITS),
                a.find(QStatsAttributes.TX_STOP),
                a.find(QStatsAttributes.TX_WAKE),
                a.unknown());
    }
}
