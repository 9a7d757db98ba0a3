package dev.qlease.bpf;

import dev.qlease.netlink.IpAddress;
import java.nio.ByteBuffer;

/** Ethernet frames byte by byte, as an honest or a hostile sender makes them. */
final class Frame {
    static final int IPV4 = 0x0800;
    static final int ARP = 0x0806;
    static final int IPV6 = 0x86dd;
    static final int ICMP = 1;
    static final int TCP = 6;
    static final int UDP = 17;
    static final int ICMPV6 = 58;
    static final int HOP_BY_HOP = 0;
    static final int ROUTING = 43;
    static final int FRAGMENT = 44;
    static final int AUTHENTICATION = 51;
    static final int DESTINATION = 60;

    private static final byte[] RECEIVER = {2, 0, 0, 0, 0, 1};
    static final byte[] SENDER = {2, 0, 0, 0, 0, 2};

    private Frame() {}

    static byte[] ethernet(int type, byte... payload) {
        return ByteBuffer.allocate(14 + payload.length)
                .put(RECEIVER)
                .put(SENDER)
                .putShort((short) type)
                .put(payload)
                .array();
    }

    /** The same frame to and from other hardware addresses. */
    static byte[] addressed(byte[] frame, byte[] receiver, byte[] sender) {
        return ByteBuffer.wrap(frame.clone()).put(receiver).put(sender).array();
    }

    /** The same frame with a tag in it. */
    static byte[] tagged(int tagType, int tag, byte[] frame) {
        return ByteBuffer.allocate(frame.length + 4)
                .put(frame, 0, 12)
                .putShort((short) tagType)
                .putShort((short) tag)
                .put(frame, 12, frame.length - 12)
                .array();
    }

    static byte[] ipv4(String from, String to, int protocol, byte... payload) {
        return ipv4(from, to, protocol, 0, new byte[0], payload);
    }

    /** @param fragment flags and offset in units of 8 bytes, as the header has them */
    static byte[] ipv4(String from, String to, int protocol, int fragment, byte[] options, byte... payload) {
        int header = 20 + options.length;
        ByteBuffer packet = ByteBuffer.allocate(header + payload.length)
                .put((byte) (0x40 | header / 4))
                .put((byte) 0)
                .putShort((short) (header + payload.length))
                .putShort((short) 7)
                .putShort((short) fragment)
                .put((byte) 64)
                .put((byte) protocol)
                .putShort((short) 0)
                .put(IpAddress.parse(from).bytes())
                .put(IpAddress.parse(to).bytes())
                .put(options);
        packet.putShort(10, (short) checksum(packet.array(), 0, header, 0));
        return ethernet(IPV4, packet.put(payload).array());
    }

    static byte[] ipv6(String from, String to, int next, byte... payload) {
        return ethernet(
                IPV6,
                ByteBuffer.allocate(40 + payload.length)
                        .putInt(0x6000_0000)
                        .putShort((short) payload.length)
                        .put((byte) next)
                        .put((byte) 255)
                        .put(IpAddress.parse(from).bytes())
                        .put(IpAddress.parse(to).bytes())
                        .put(payload)
                        .array());
    }

    /** An extension header of 8 bytes, or 16 of an authentication header, and what is behind it. */
    static byte[] extension(int type, int next, byte... behind) {
        int size = type == AUTHENTICATION ? 16 : 8;
        // Padding of 4 bytes where options are; an atomic fragment.
        byte[] body = switch (type) {
            case AUTHENTICATION -> new byte[14];
            case FRAGMENT -> new byte[] {0, 0, 0, 0, 0, 9};
            default -> new byte[] {1, 4, 0, 0, 0, 0};
        };
        return ByteBuffer.allocate(size + behind.length)
                .put((byte) next)
                .put((byte) (type == AUTHENTICATION ? 2 : 0))
                .put(body)
                .put(behind)
                .array();
    }

    /** A fragment header and what is behind it. */
    static byte[] fragment(int offset, boolean more, int next, byte... behind) {
        byte[] bytes = extension(FRAGMENT, next, behind);
        return ByteBuffer.wrap(bytes)
                .putShort(2, (short) (offset | (more ? 1 : 0)))
                .array();
    }

    /** A UDP datagram to port 9, without a checksum. */
    static byte[] udp(byte... payload) {
        return ByteBuffer.allocate(8 + payload.length)
                .putShort((short) 4000)
                .putShort((short) 9)
                .putShort((short) (8 + payload.length))
                .putShort((short) 0)
                .put(payload)
                .array();
    }

    /** An ICMPv6 message of {@code type} about {@code target}, with its checksum. */
    static byte[] neighbour(String from, String to, int type, String target) {
        byte[] message = ByteBuffer.allocate(24)
                .put((byte) type)
                .put(8, IpAddress.parse(target).bytes())
                .array();
        if (type == 136) {
            message[4] = 0x60;
        }
        return checked(from, to, message);
    }

    /** A router advertisement with a lifetime, of a prefix to make addresses of. */
    static byte[] routerAdvertisement(String from, String to) {
        return checked(
                from,
                to,
                ByteBuffer.allocate(48)
                        .put(new byte[] {(byte) 134, 0, 0, 0, 64, 0, 7, 8})
                        .position(16)
                        .put(new byte[] {3, 4, 64, (byte) 0xc0})
                        .putInt(1800)
                        .putInt(1800)
                        .putInt(0)
                        .put(IpAddress.parse("2001:db8:bad::").bytes())
                        .array());
    }

    private static byte[] checked(String from, String to, byte[] message) {
        ByteBuffer pseudo = ByteBuffer.allocate(40)
                .put(IpAddress.parse(from).bytes())
                .put(IpAddress.parse(to).bytes())
                .putInt(message.length)
                .putInt(ICMPV6);
        int sum = ~checksum(pseudo.array(), 0, 40, 0) & 0xffff;
        ByteBuffer.wrap(message).putShort(2, (short) checksum(message, 0, message.length, sum));
        return message;
    }

    static byte[] arp(int operation, String sender, String target) {
        return arp(operation, SENDER, sender, target);
    }

    static byte[] arp(int operation, byte[] hardware, String sender, String target) {
        return ethernet(
                ARP,
                ByteBuffer.allocate(28)
                        .putInt(0x0001_0800)
                        .putShort((short) 0x0604)
                        .putShort((short) operation)
                        .put(hardware)
                        .put(IpAddress.parse(sender).bytes())
                        .put(new byte[6])
                        .put(IpAddress.parse(target).bytes())
                        .array());
    }

    private static int checksum(byte[] bytes, int offset, int length, int sum) {
        int total = sum;
        for (int i = offset; i < offset + length; i++) {
            total += (i - offset) % 2 == 0 ? Byte.toUnsignedInt(bytes[i]) << 8 : Byte.toUnsignedInt(bytes[i]);
        }
        while (total > 0xffff) {
            total = (total & 0xffff) + (total >>> 16);
        }
        return ~total & 0xffff;
    }
}
