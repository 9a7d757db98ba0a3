package dev.qlease.rtnetlink;

import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.MalformedMessageException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A gateway of another family than the route's, such as an IPv6 one of an IPv4 route; struct rtvia: family, address.
 */
final class Via {
    private static final int FAMILY_SIZE = Short.BYTES;

    private Via() {}

    static IpAddress read(MemorySegment via) {
        if (via.byteSize() < FAMILY_SIZE) {
            throw new MalformedMessageException("route-attrs", "via has " + via.byteSize() + " bytes");
        }
        return IpAddress.of(via.asSlice(FAMILY_SIZE));
    }

    static byte[] bytes(IpAddress gateway) {
        byte[] address = gateway.bytes();
        byte[] bytes = new byte[FAMILY_SIZE + address.length];
        MemorySegment.ofArray(bytes).set(ValueLayout.JAVA_SHORT_UNALIGNED, 0, (short)
                AddressFamily.of(gateway).value());
        System.arraycopy(address, 0, bytes, FAMILY_SIZE, address.length);
        return bytes;
    }
}
