package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.ifaddrmsg;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.NetlinkMessage;
import dev.qlease.netlink.UnknownAttribute;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * An address of a link; set {@code addr-attrs} with its header.
 *
 * @param ifindex the link
 * @param family IPv4 or IPv6
 * @param prefixlen the length of its network's prefix
 * @param flags its flags
 * @param scope its scope
 * @param address the address; on a point-to-point link, the address of the other end
 * @param local the address on a point-to-point link; with IPv4 always the address
 * @param label its IPv4 label, which begins with the link's name
 * @param broadcast the broadcast address of its network
 * @param anycast in a list of anycast addresses, the address
 * @param multicast in a list of multicast addresses, the address
 * @param mcUsers number of users of the multicast address
 * @param cacheinfo its lifetime
 * @param rtPriority the priority of the route to its network; 0 for the default
 * @param proto its origin, IFAPROT_: 1 for the kernel's loopback addresses, 2 for router advertisements, 3 for
 *     link-local addresses
 * @param targetNetnsid the id of its namespace, if the request named the namespace by id
 * @param unknown attributes that this library has no name for
 */
public record Address(
        int ifindex,
        AddressFamily family,
        int prefixlen,
        AddressFlags flags,
        Scope scope,
        Optional<IpAddress> address,
        Optional<IpAddress> local,
        Optional<String> label,
        Optional<IpAddress> broadcast,
        Optional<IpAddress> anycast,
        Optional<IpAddress> multicast,
        OptionalLong mcUsers,
        Optional<AddressLifetime> cacheinfo,
        OptionalLong rtPriority,
        OptionalInt proto,
        OptionalInt targetNetnsid,
        List<UnknownAttribute> unknown) {

    /** Reads a message whose header is struct ifaddrmsg. */
    static Address of(NetlinkMessage message) {
        int headerSize = (int) ifaddrmsg.sizeof();
        return of(message.header(headerSize), message.attributes(AddressAttributes.SET, headerSize));
    }

    private static Address of(MemorySegment header, Attributes a) {
        // The header has room for the first eight flags; the attribute has them all.
        int someFlags = Byte.toUnsignedInt(ifaddrmsg.ifa_flags(header));
        return new Address(
                ifaddrmsg.ifa_index(header),
                new AddressFamily(Byte.toUnsignedInt(ifaddrmsg.ifa_family(header))),
                Byte.toUnsignedInt(ifaddrmsg.ifa_prefixlen(header)),
                new AddressFlags(a.find(AddressAttributes.FLAGS).orElse(someFlags)),
                new Scope(Byte.toUnsignedInt(ifaddrmsg.ifa_scope(header))),
                a.find(AddressAttributes.ADDRESS, IpAddress::of),
                a.find(AddressAttributes.LOCAL, IpAddress::of),
                a.find(AddressAttributes.LABEL),
                a.find(AddressAttributes.BROADCAST, IpAddress::of),
                a.find(AddressAttributes.ANYCAST, IpAddress::of),
                a.find(AddressAttributes.MULTICAST, IpAddress::of),
                a.findUnsigned(AddressAttributes.MC_USERS),
                a.find(AddressAttributes.CACHEINFO, AddressLifetime::of),
                a.findUnsigned(AddressAttributes.RT_PRIORITY),
                a.find(AddressAttributes.PROTO),
                a.find(AddressAttributes.TARGET_NETNSID),
                a.unknown());
    }

    /** Returns the link's own address with its prefix; empty in lists of anycast and multicast addresses. */
    public Optional<IpPrefix> prefix() {
        return local.or(() -> address).map(own -> new IpPrefix(own, prefixlen));
    }
}
