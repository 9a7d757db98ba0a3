package dev.qlease.netlink;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Netlink messages put together by hand, independently of the code under test. */
final class Wire {
    private Wire() {}

    static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits.replaceAll("\\s", ""));
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    }

    static byte[] u16(int value) {
        return buffer(2).putShort((short) value).array();
    }

    static byte[] u32(int value) {
        return buffer(4).putInt(value).array();
    }

    static byte[] u64(long value) {
        return buffer(8).putLong(value).array();
    }

    static byte[] text(String value) {
        return (value + "\0").getBytes(StandardCharsets.UTF_8);
    }

    /** An attribute with its padding. */
    static byte[] attribute(int type, byte[]... payload) {
        byte[] value = concat(payload);
        return concat(u16(4 + value.length), u16(type), value, new byte[-value.length & 3]);
    }

    static byte[] message(int type, int flags, int sequence, int port, byte[]... payload) {
        byte[] value = concat(payload);
        byte[] header = buffer(16)
                .putInt(16 + value.length)
                .putShort((short) type)
                .putShort((short) flags)
                .putInt(sequence)
                .putInt(port)
                .array();
        return concat(header, value, new byte[-value.length & 3]);
    }
}
