package dev.qlease.netlink;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/** How the bytes of a {@link Attribute.Binary} are shown to a person. Implementations never fail, whatever the bytes. */
@FunctionalInterface
public interface BinaryFormat {
    /** Hexadecimal digits. */
    BinaryFormat HEX = value -> HexFormat.of().formatHex(value.toArray(ValueLayout.JAVA_BYTE));

    /** A hardware address: pairs of hexadecimal digits with colons between. */
    BinaryFormat HARDWARE_ADDRESS = value -> HardwareAddress.of(value).toString();

    /** An IPv4 or IPv6 address by its length; hexadecimal digits for any other. */
    BinaryFormat IP_ADDRESS = value -> {
        boolean address = value.byteSize() == 4 || value.byteSize() == 16;
        return address ? IpAddress.of(value).toString() : HEX.format(value);
    };

    /** The bytes as text. */
    String format(MemorySegment value);
}
