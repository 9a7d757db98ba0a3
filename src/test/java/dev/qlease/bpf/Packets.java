package dev.qlease.bpf;

import dev.qlease.netlink.IpAddress;
import java.nio.ByteBuffer;

/** Ethernet frames to show to a program. */
final class Packets {
    static final int IPV4 = 0x0800;
    static final int ARP = 0x0806;
    static final int VLAN = 0x8100;
    static final int IPV6 = 0x86dd;
    static final int TCP = 6;
    static final int ICMPV6 = 58;

    private static final int PAYLOAD = 40;

    private Packets() {}

    /** A frame of this type with {@code payload}. */
    static byte[] frame(int type, byte[] payload) {
        return ByteBuffer.allocate(14 + payload.length)
                .put(new byte[] {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2})
                .putShort((short) type)
                .put(payload)
                .array();
    }

    /** A frame with a packet of IPv4 or IPv6. */
    static byte[] ip(String destination, int protocol, int firstByte) {
        IpAddress to = IpAddress.parse(destination);
        return frame(to.isIpv6() ? IPV6 : IPV4, packet(to, protocol, firstByte));
    }

    /** A TCP frame. */
    static byte[] tcp(String destination) {
        return ip(destination, TCP, 0);
    }

    /** The packet alone. */
    static byte[] packet(IpAddress to, int protocol, int firstByte) {
        ByteBuffer packet = ByteBuffer.allocate((to.isIpv6() ? 40 : 20) + PAYLOAD);
        if (to.isIpv6()) {
            packet.putInt(0x6000_0000)
                    .putShort((short) PAYLOAD)
                    .put((byte) protocol)
                    .put((byte) 64)
                    .put(IpAddress.parse("2001:db8:9::1").bytes());
        } else {
            packet.putShort((short) 0x4500)
                    .putShort((short) packet.capacity())
                    .putInt(0)
                    .put((byte) 64)
                    .put((byte) protocol)
                    .putShort((short) 0)
                    .put(IpAddress.parse("203.0.113.1").bytes());
        }
        return packet.put(to.bytes()).put((byte) firstByte).array();
    }
}
