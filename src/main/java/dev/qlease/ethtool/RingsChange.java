package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.RingsSet;
import dev.qlease.netlink.Request;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is to change of a device's {@link Rings}; what is empty stays as it is. Immutable; each method answers a copy with
 * one thing more.
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
    /** Nothing. */
    public static final RingsChange NONE = new RingsChange(
            OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), Optional.empty(), OptionalLong.empty());

    /** Checks that the numbers are 0 to 4,294,967,295. */
    public RingsChange {
        Numbers.checkU32("rx", rx);
        Numbers.checkU32("tx", tx);
        Numbers.checkU32("rx-buf-len", rxBufLen);
        Numbers.checkU32("hds-thresh", hdsThresh);
    }

    /** Receive rings have this many descriptors. */
    public RingsChange rx(long descriptors) {
        return new RingsChange(OptionalLong.of(descriptors), tx, rxBufLen, tcpDataSplit, hdsThresh);
    }

    /** Transmit rings have this many descriptors. */
    public RingsChange tx(long descriptors) {
        return new RingsChange(rx, OptionalLong.of(descriptors), rxBufLen, tcpDataSplit, hdsThresh);
    }

    /** A receive buffer has this many bytes. */
    public RingsChange rxBufLen(long bytes) {
        return new RingsChange(rx, tx, OptionalLong.of(bytes), tcpDataSplit, hdsThresh);
    }

    /** Headers and payload go to different buffers or not; {@link TcpDataSplit#UNKNOWN} leaves it to the driver. */
    public RingsChange tcpDataSplit(TcpDataSplit split) {
        return new RingsChange(rx, tx, rxBufLen, Optional.of(split), hdsThresh);
    }

    /** Packets with fewer bytes of payload are not split. */
    public RingsChange hdsThresh(long bytes) {
        return new RingsChange(rx, tx, rxBufLen, tcpDataSplit, OptionalLong.of(bytes));
    }

    /**
     * What puts back what this changes: the same things, as they were. A number that the driver did not report cannot be
     * put back and is empty. Whether TCP data is split is put back as the device did it, also where nobody had decided it:
     * the kernel does not tell the one from the other.
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
