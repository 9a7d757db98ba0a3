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
 * @param prefixlen how many leading bits its network has
 * @param flags what it is and does
 * @param scope how far it reaches
 * @param address the address; on a point-to-point link with two, the other end's
 * @param local the address on a link where {@code address} is the other end's; in IPv4 always the address
 * @param label a name of IPv4's, which begins with the link's
 * @param broadcast the address of all in its network
 * @param anycast in a list of anycast addresses, the address
 * @param multicast in a list of multicast addresses, the address
 * @param mcUsers how many joined that
 * @param cacheinfo how long it lives
 * @param rtPriority the priority of the route to its network, 0 for the usual one
 * @param proto who put it there, IFAPROT_: 1 for the kernel's loopback addresses, 2 router advertisements, 3 link-local
 * @param targetNetnsid the id of its namespace, if it was asked for by that
 * @param unknown what a newer kernel says beside
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

    /** The link's own address with its prefix; empty in lists of anycast and multicast addresses. */
    public Optional<IpPrefix> prefix() {
        return local.or(() -> address).map(own -> new IpPrefix(own, prefixlen));
    }
}
