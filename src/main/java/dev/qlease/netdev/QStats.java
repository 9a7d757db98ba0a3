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
 * @param queueType the queue's type, if these are one queue's
 * @param queueId the queue's number, if these are one queue's
 * @param rxPackets frames received and passed to the stack
 * @param rxBytes bytes of these
 * @param txPackets frames sent
 * @param txBytes bytes of these
 * @param rxAllocFail buffers that could not be allocated
 * @param rxHwDrops frames that came in and never left the device
 * @param rxHwDropOverruns frames dropped for want of buffers or descriptors
 * @param rxCsumComplete frames marked CHECKSUM_COMPLETE
 * @param rxCsumUnnecessary frames marked CHECKSUM_UNNECESSARY
 * @param rxCsumNone frames that the device did not checksum
 * @param rxCsumBad frames with a wrong checksum, delivered all the same
 * @param rxHwGroPackets frames that the device made of several
 * @param rxHwGroBytes bytes of these
 * @param rxHwGroWirePackets frames that these were made of
 * @param rxHwGroWireBytes bytes of these
 * @param rxHwDropRatelimits frames dropped by a rate limit
 * @param txHwDrops frames that reached the device and never left it
 * @param txHwDropErrors frames dropped because they were malformed
 * @param txCsumNone frames that needed no checksum
 * @param txNeedsCsum frames whose checksum the device had to compute
 * @param txHwGsoPackets frames that the device cut up
 * @param txHwGsoBytes bytes of these
 * @param txHwGsoWirePackets frames that it cut them into
 * @param txHwGsoWireBytes bytes of these
 * @param txHwDropRatelimits frames dropped by a rate limit
 * @param txStop times that the queue was full and the stack was told to wait
 * @param txWake times that the stack was told to go on
 * @param unknown what this library has no name for
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
