package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.sockaddr_in;
import dev.qlease.ffi.libc.sockaddr_in6;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Internet addresses in the form that the socket calls take; ip(7), ipv6(7). */
public final class SocketAddresses {
    /** The offset of the two 0xff bytes in an IPv4-mapped IPv6 address. */
    private static final long MAPPED_ONES = 10;

    private SocketAddresses() {}

    /** Returns the family of {@code address}, AF_INET or AF_INET6. */
    public static int domain(InetSocketAddress address) {
        return resolved(address) instanceof Inet4Address ? Libc.AF_INET() : Libc.AF_INET6();
    }

    /** Returns a sockaddr_in or sockaddr_in6 in memory of {@code allocator}. */
    public static MemorySegment encode(InetSocketAddress address, SegmentAllocator allocator) {
        short port = Short.reverseBytes((short) address.getPort());
        MemorySegment bytes = MemorySegment.ofArray(resolved(address).getAddress());
        if (resolved(address) instanceof Inet6Address v6) {
            MemorySegment encoded = sockaddr_in6.allocate(allocator);
            sockaddr_in6.sin6_family(encoded, (short) Libc.AF_INET6());
            sockaddr_in6.sin6_port(encoded, port);
            sockaddr_in6.sin6_addr(encoded).copyFrom(bytes);
            sockaddr_in6.sin6_scope_id(encoded, v6.getScopeId());
            return encoded;
        }
        MemorySegment encoded = sockaddr_in.allocate(allocator);
        sockaddr_in.sin_family(encoded, (short) Libc.AF_INET());
        sockaddr_in.sin_port(encoded, port);
        sockaddr_in.sin_addr(encoded).copyFrom(bytes);
        return encoded;
    }

    /** Returns a sockaddr_in6 in memory of {@code allocator}, for a dual-stack IPv6 socket; ipv6(7). */
    public static MemorySegment encodeMapped(InetSocketAddress address, SegmentAllocator allocator) {
        if (resolved(address) instanceof Inet6Address) {
            return encode(address, allocator);
        }
        MemorySegment encoded = sockaddr_in6.allocate(allocator);
        sockaddr_in6.sin6_family(encoded, (short) Libc.AF_INET6());
        sockaddr_in6.sin6_port(encoded, Short.reverseBytes((short) address.getPort()));
        byte[] bytes = resolved(address).getAddress();
        if (!resolved(address).isAnyLocalAddress()) {
            MemorySegment mapped = sockaddr_in6.sin6_addr(encoded);
            mapped.set(ValueLayout.JAVA_SHORT_UNALIGNED, MAPPED_ONES, (short) 0xffff);
            MemorySegment.copy(bytes, 0, mapped, ValueLayout.JAVA_BYTE, MAPPED_ONES + Short.BYTES, bytes.length);
        }
        return encoded;
    }

    /** Returns the address in a sockaddr_in or sockaddr_in6 that the kernel wrote. */
    public static InetSocketAddress decode(MemorySegment encoded) {
        boolean v6 = sockaddr_in.sin_family(encoded) == (short) Libc.AF_INET6();
        short port = v6 ? sockaddr_in6.sin6_port(encoded) : sockaddr_in.sin_port(encoded);
        MemorySegment bytes = v6 ? sockaddr_in6.sin6_addr(encoded) : sockaddr_in.sin_addr(encoded);
        byte[] address = bytes.toArray(ValueLayout.JAVA_BYTE);
        // A link-local address has its device's number as scope id; for others it is 0, which Java would print.
        int scope = v6 && sockaddr_in6.sin6_scope_id(encoded) != 0 ? sockaddr_in6.sin6_scope_id(encoded) : -1;
        try {
            // Converts an IPv4-mapped IPv6 address to IPv4.
            InetAddress plain =
                    scope < 0 ? InetAddress.getByAddress(address) : Inet6Address.getByAddress(null, address, scope);
            return new InetSocketAddress(plain, Short.toUnsignedInt(Short.reverseBytes(port)));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address has the length of an address", e);
        }
    }

    private static InetAddress resolved(InetSocketAddress address) {
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("no such host: " + address.getHostString());
        }
        return address.getAddress();
    }
}
