package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.rtnl_link_stats64;
import java.lang.foreign.MemorySegment;

/**
 * The statistics of a link since its creation; struct rtnl_link_stats64, described in linux/if_link.h. Numbers are
 * unsigned; 0 also if the driver does not count.
 *
 * @param rxPackets packets received
 * @param txPackets packets sent
 * @param rxBytes bytes received
 * @param txBytes bytes sent
 * @param rxErrors bad packets received
 * @param txErrors transmit errors
 * @param rxDropped packets received and dropped
 * @param txDropped packets dropped before they were sent
 * @param multicast multicast packets received
 * @param collisions collisions while sending
 * @param rxLengthErrors packets received with an invalid length
 * @param rxOverErrors receiver overflows
 * @param rxCrcErrors packets received with a CRC error
 * @param rxFrameErrors packets received with a frame alignment error
 * @param rxFifoErrors overruns of the receive FIFO
 * @param rxMissedErrors packets missed because the host had no buffer for them
 * @param txAbortedErrors aborted transmissions
 * @param txCarrierErrors packets lost because the carrier was lost
 * @param txFifoErrors underruns of the transmit FIFO
 * @param txHeartbeatErrors heartbeat errors
 * @param txWindowErrors late collisions
 * @param rxCompressed compressed packets received
 * @param txCompressed compressed packets sent
 * @param rxNohandler packets dropped because the device was inactive
 * @param rxOtherhostDropped packets addressed to another host
 */
public record LinkStats(
        long rxPackets,
        long txPackets,
        long rxBytes,
        long txBytes,
        long rxErrors,
        long txErrors,
        long rxDropped,
        long txDropped,
        long multicast,
        long collisions,
        long rxLengthErrors,
        long rxOverErrors,
        long rxCrcErrors,
        long rxFrameErrors,
        long rxFifoErrors,
        long rxMissedErrors,
        long txAbortedErrors,
        long txCarrierErrors,
        long txFifoErrors,
        long txHeartbeatErrors,
        long txWindowErrors,
        long rxCompressed,
        long txCompressed,
        long rxNohandler,
        long rxOtherhostDropped) {
    static LinkStats of(MemorySegment received) {
        MemorySegment stats = Structures.copy(received, rtnl_link_stats64.sizeof());
        return new LinkStats(
                rtnl_link_stats64.rx_packets(stats),
                rtnl_link_stats64.tx_packets(stats),
                rtnl_link_stats64.rx_bytes(stats),
                rtnl_link_stats64.tx_bytes(stats),
                rtnl_link_stats64.rx_errors(stats),
                rtnl_link_stats64.tx_errors(stats),
                rtnl_link_stats64.rx_dropped(stats),
                rtnl_link_stats64.tx_dropped(stats),
                rtnl_link_stats64.multicast(stats),
                rtnl_link_stats64.collisions(stats),
                rtnl_link_stats64.rx_length_errors(stats),
                rtnl_link_stats64.rx_over_errors(stats),
                rtnl_link_stats64.rx_crc_errors(stats),
                rtnl_link_stats64.rx_frame_errors(stats),
                rtnl_link_stats64.rx_fifo_errors(stats),
                rtnl_link_stats64.rx_missed_errors(stats),
                rtnl_link_stats64.tx_aborted_errors(stats),
                rtnl_link_stats64.tx_carrier_errors(stats),
                rtnl_link_stats64.tx_fifo_errors(stats),
                rtnl_link_stats64.tx_heartbeat_errors(stats),
                rtnl_link_stats64.tx_window_errors(stats),
                rtnl_link_stats64.rx_compressed(stats),
                rtnl_link_stats64.tx_compressed(stats),
                rtnl_link_stats64.rx_nohandler(stats),
                rtnl_link_stats64.rx_otherhost_dropped(stats));
    }
}
