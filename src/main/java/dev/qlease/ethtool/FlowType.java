package dev.qlease.ethtool;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.sys.NativeAccess;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;
import java.util.Map;

/**
 * The protocol of a flow rule; _FLOW in linux/ethtool.h. Named as in ethtool(8).
 *
 * @param value the kernel's number
 */
public record FlowType(int value) implements NamedValue {
    static {
        NativeAccess.require();
    }

    static final Names NAMES = Names.of(Map.ofEntries(
            Map.entry((long) Uapi.TCP_V4_FLOW(), "tcp4"),
            Map.entry((long) Uapi.UDP_V4_FLOW(), "udp4"),
            Map.entry((long) Uapi.SCTP_V4_FLOW(), "sctp4"),
            Map.entry((long) Uapi.TCP_V6_FLOW(), "tcp6"),
            Map.entry((long) Uapi.UDP_V6_FLOW(), "udp6"),
            Map.entry((long) Uapi.SCTP_V6_FLOW(), "sctp6"),
            Map.entry((long) Uapi.AH_V4_FLOW(), "ah4"),
            Map.entry((long) Uapi.ESP_V4_FLOW(), "esp4"),
            Map.entry((long) Uapi.AH_V6_FLOW(), "ah6"),
            Map.entry((long) Uapi.ESP_V6_FLOW(), "esp6"),
            Map.entry((long) Uapi.IPV4_USER_FLOW(), "ip4"),
            Map.entry((long) Uapi.IPV6_USER_FLOW(), "ip6"),
            Map.entry((long) Uapi.ETHER_FLOW(), "ether")));

    /** TCP over IPv4. */
    public static final FlowType TCP4 = new FlowType(Uapi.TCP_V4_FLOW());

    /** UDP over IPv4. */
    public static final FlowType UDP4 = new FlowType(Uapi.UDP_V4_FLOW());

    /** TCP over IPv6. */
    public static final FlowType TCP6 = new FlowType(Uapi.TCP_V6_FLOW());

    /** UDP over IPv6. */
    public static final FlowType UDP6 = new FlowType(Uapi.UDP_V6_FLOW());

    @Override
    public long number() {
        return Integer.toUnsignedLong(value);
    }

    @Override
    public Names names() {
        return NAMES;
    }

    /** Returns whether this is one of the four types whose ports a {@link FlowMatch.Transport} can name. */
    boolean isTransport() {
        return isIpv6() || value == TCP4.value || value == UDP4.value;
    }

    /** Returns whether this is TCP or UDP over IPv6. */
    boolean isIpv6() {
        return value == TCP6.value || value == UDP6.value;
    }

    @Override
    public String toString() {
        return text();
    }
}
