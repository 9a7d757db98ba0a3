package dev.qlease.netlink;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/** The text format of a {@link Attribute.Binary}. Implementations accept any bytes without failing. */
@FunctionalInterface
public interface BinaryFormat {
    /** Hexadecimal digits. */
    BinaryFormat HEX = value -> HexFormat.of().formatHex(value.toArray(ValueLayout.JAVA_BYTE));

    /** A hardware address: pairs of hexadecimal digits separated by colons. */
    BinaryFormat HARDWARE_ADDRESS = value -> HardwareAddress.of(value).toString();

    /** An IPv4 or IPv6 address, depending on the length; hexadecimal digits for any other length. */
    BinaryFormat IP_ADDRESS = value -> {
        boolean address = value.byteSize() == 4 || value.byteSize() == 16;
        return address ? IpAddress.of(value).toString() : HEX.format(value);
    };

    /** Returns the bytes as text. */
    String format(MemorySegment value);
}
