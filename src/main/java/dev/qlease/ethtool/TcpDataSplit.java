package dev.qlease.ethtool;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.sys.NativeAccess;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * Whether a device puts the headers and the payload of received TCP packets into different buffers; enum
 * ethtool_tcp_data_split.
 *
 * @param value the kernel's number
 */
public record TcpDataSplit(int value) implements NamedValue {
    static {
        NativeAccess.require();
    }

    static final Names NAMES = Names.of("unknown", "disabled", "enabled");

    /** Decided by the driver, which does not report it. */
    public static final TcpDataSplit UNKNOWN = new TcpDataSplit(Uapi.ETHTOOL_TCP_DATA_SPLIT_UNKNOWN());

    /** Headers and payload share buffers. */
    public static final TcpDataSplit DISABLED = new TcpDataSplit(Uapi.ETHTOOL_TCP_DATA_SPLIT_DISABLED());

    /** Headers and payload go to different buffers. */
    public static final TcpDataSplit ENABLED = new TcpDataSplit(Uapi.ETHTOOL_TCP_DATA_SPLIT_ENABLED());

    @Override
    public long number() {
        return Integer.toUnsignedLong(value);
    }

    @Override
    public Names names() {
        return NAMES;
    }

    @Override
    public String toString() {
        return text();
    }
}
