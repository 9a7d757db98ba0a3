package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.RingsSet;
import dev.qlease.netlink.Request;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A change to a device's {@link Rings}; empty values are left unchanged. Immutable; each method returns a copy with one
 * more setting.
 *
 * {@snippet :
 * RingsChange change = RingsChange.NONE.tcpDataSplit(TcpDataSplit.ENABLED).hdsThresh(0);
 * Rings before = ethtool.setRings(ifindex, change);
 * ...
 * ethtool.setRings(ifindex, change.undo(before));
 * }
 *
 * @param rx descriptors of a receive ring; drivers may round it up
 * @param tx descriptors of a transmit ring; drivers may round it up
 * @param rxBufLen bytes of a receive buffer, 1 or more
 * @param tcpDataSplit whether headers and payload go to different buffers
 * @param hdsThresh packets with fewer bytes of payload are not split
 */
public record RingsChange(
        OptionalLong rx,
        OptionalLong tx,
        OptionalLong rxBufLen,
        Optional<TcpDataSplit> tcpDataSplit,
        OptionalLong hdsThresh) {
    /** Changes nothing. */
    public static final RingsChange NONE = new RingsChange(
            OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), Optional.empty(), OptionalLong.empty());

    /** Checks that the numbers are in the range 0 to 4,294,967,295. */
    public RingsChange {
        Numbers.checkU32("rx", rx);
        Numbers.checkU32("tx", tx);
        Numbers.checkU32("rx-buf-len", rxBufLen);
        Numbers.checkU32("hds-thresh", hdsThresh);
    }

    /** Sets the number of descriptors of a receive ring. */
    public RingsChange rx(long descriptors) {
        return new RingsChange(OptionalLong.of(descriptors), tx, rxBufLen, tcpDataSplit, hdsThresh);
    }

    /** Sets the number of descriptors of a transmit ring. */
    public RingsChange tx(long descriptors) {
        return new RingsChange(rx, OptionalLong.of(descriptors), rxBufLen, tcpDataSplit, hdsThresh);
    }

    /** Sets the size of a receive buffer in bytes. */
    public RingsChange rxBufLen(long bytes) {
        return new RingsChange(rx, tx, OptionalLong.of(bytes), tcpDataSplit, hdsThresh);
    }

    /**
     * Sets whether headers and payload go to different buffers; {@link TcpDataSplit#UNKNOWN} lets the driver decide.
     */
    public RingsChange tcpDataSplit(TcpDataSplit split) {
        return new RingsChange(rx, tx, rxBufLen, Optional.of(split), hdsThresh);
    }

    /** Sets the payload size in bytes below which packets are not split. */
    public RingsChange hdsThresh(long bytes) {
        return new RingsChange(rx, tx, rxBufLen, tcpDataSplit, OptionalLong.of(bytes));
    }

    /**
     * Returns the change that restores the settings changed by this one. A number that the driver did not report cannot
     * be restored and is empty. TCP data split is set to the state that the device was in, even if that was the
     * driver's own choice: the kernel does not distinguish the two.
     */
    public RingsChange undo(Rings before) {
        return new RingsChange(
                rx.isPresent() ? before.rx() : rx,
                tx.isPresent() ? before.tx() : tx,
                rxBufLen.isPresent() ? before.rxBufLen() : rxBufLen,
                tcpDataSplit.map(_ -> before.tcpDataSplit().orElse(TcpDataSplit.UNKNOWN)),
                hdsThresh.isPresent() ? before.hdsThresh() : hdsThresh);
    }

    Request write(Request request) {
        Numbers.put(request, RingsSet.RX, rx);
        Numbers.put(request, RingsSet.TX, tx);
        Numbers.put(request, RingsSet.RX_BUF_LEN, rxBufLen);
        if (tcpDataSplit.isPresent()) {
            request.put(RingsSet.TCP_DATA_SPLIT, tcpDataSplit.get().value());
        }
        Numbers.put(request, RingsSet.HDS_THRESH, hdsThresh);
        return request;
    }
}
