package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.rtnl_link_stats64;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

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
        return new LinkStats(
                counter(received, rtnl_link_stats64.rx_packets$offset()),
                counter(received, rtnl_link_stats64.tx_packets$offset()),
                counter(received, rtnl_link_stats64.rx_bytes$offset()),
                counter(received, rtnl_link_stats64.tx_bytes$offset()),
                counter(received, rtnl_link_stats64.rx_errors$offset()),
                counter(received, rtnl_link_stats64.tx_errors$offset()),
                counter(received, rtnl_link_stats64.rx_dropped$offset()),
                counter(received, rtnl_link_stats64.tx_dropped$offset()),
                counter(received, rtnl_link_stats64.multicast$offset()),
                counter(received, rtnl_link_stats64.collisions$offset()),
                counter(received, rtnl_link_stats64.rx_length_errors$offset()),
                counter(received, rtnl_link_stats64.rx_over_errors$offset()),
                counter(received, rtnl_link_stats64.rx_crc_errors$offset()),
                counter(received, rtnl_link_stats64.rx_frame_errors$offset()),
                counter(received, rtnl_link_stats64.rx_fifo_errors$offset()),
                counter(received, rtnl_link_stats64.rx_missed_errors$offset()),
                counter(received, rtnl_link_stats64.tx_aborted_errors$offset()),
                counter(received, rtnl_link_stats64.tx_carrier_errors$offset()),
                counter(received, rtnl_link_stats64.tx_fifo_errors$offset()),
                counter(received, rtnl_link_stats64.tx_heartbeat_errors$offset()),
                counter(received, rtnl_link_stats64.tx_window_errors$offset()),
                counter(received, rtnl_link_stats64.rx_compressed$offset()),
                counter(received, rtnl_link_stats64.tx_compressed$offset()),
                counter(received, rtnl_link_stats64.rx_nohandler$offset()),
                counter(received, rtnl_link_stats64.rx_otherhost_dropped$offset()));
    }

    /** Returns a counter; 0 if the kernel is older than it. Attributes are aligned to 4 bytes only. */
    private static long counter(MemorySegment stats, long offset) {
        return offset + Long.BYTES <= stats.byteSize() ? stats.get(ValueLayout.JAVA_LONG_UNALIGNED, offset) : 0;
    }
}
