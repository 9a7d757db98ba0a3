package dev.qlease.lease;

import dev.qlease.lease.LeaseRefusedException.Reason;
import dev.qlease.linux.Errno;
import dev.qlease.linux.KernelFiles;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Route;
import dev.qlease.rtnetlink.RouteFilter;
import dev.qlease.rtnetlink.RouteType;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Refuses addresses of a guest that would cut off the host or others, as far as the host can know. */
final class GuestAddresses {
    /**
     * The errors for no route, or a route of type unreachable, prohibit or blackhole: the address is not in use here;
     * net/ipv4/fib_semantics.c.
     */
    private static final Set<Errno> NO_WAY = Set.of(Errno.ENETUNREACH, Errno.EHOSTUNREACH, Errno.EACCES, Errno.EINVAL);

    private GuestAddresses() {}

    /**
     * Checks the addresses of {@code spec} against those in use.
     *
     * @throws LeaseRefusedException if an address is in use; the message names it and its user
     */
    static void check(LeaseSpec spec, NicHandle nic, List<LeaseRecord> others) {
        if (spec.addresses().isEmpty()) {
            return;
        }
        Map<IpAddress, String> taken = new HashMap<>();
        nic.sockets().rtnetlink().routes().forEach(RouteFilter.ALL, route -> gateways(route, taken));
        nic.sockets()
                .rtnetlink()
                .addresses()
                .list()
                .forEach(address -> address.local()
                        .or(address::address)
                        .ifPresent(local -> taken.put(local, "is an address of this host")));
        for (LeaseRecord other : others) {
            other.addresses()
                    .forEach(text -> taken.put(
                            IpPrefix.parse(text).address(),
                            "is an address of lease " + other.name() + ": delete that first if its guest is gone"));
        }
        for (IpPrefix prefix : spec.addresses()) {
            IpAddress address = prefix.address();
            String use = taken.get(address);
            if (use == null) {
                use = special(address, nic).orElse(null);
            }
            if (use != null) {
                throw new LeaseRefusedException(
                        Reason.IN_USE, "lease queues of " + nic.name() + ": " + address + " " + use);
            }
        }
    }

    private static void gateways(Route route, Map<IpAddress, String> taken) {
        Stream.concat(
                        Stream.of(route.gateway(), route.via()),
                        route.multipath().stream().flatMap(hop -> Stream.of(hop.gateway(), hop.via())))
                .flatMap(Optional::stream)
                .forEach(gateway -> taken.put(gateway, "is the gateway of a route of this host"));
    }

    /**
     * Returns what is special about the address according to the host's routes. Asks the kernel, since the tables of
     * all routing rules count.
     */
    private static Optional<String> special(IpAddress address, NicHandle nic) {
        RouteType type;
        try {
            type = nic.sockets().rtnetlink().routes().get(address).type();
        } catch (NetlinkException e) {
            if (NO_WAY.stream().anyMatch(e::is)) {
                return Optional.empty();
            }
            throw e;
        }
        if (type.equals(RouteType.LOCAL) || type.equals(RouteType.ANYCAST)) {
            return Optional.of("is an address of this host");
        }
        return type.equals(RouteType.BROADCAST) || type.equals(RouteType.MULTICAST)
                ? Optional.of("is a " + type + " address of this host's networks")
                : Optional.empty();
    }

    /**
     * Returns whether IPv6 must be enabled for the lease's device, since it is disabled for new devices in the guest's
     * namespace, as with Docker's network none.
     *
     * @throws LeaseRefusedException if the kernel has no IPv6
     */
    static boolean needIpv6SwitchedOn(LeaseSpec spec, NamespaceSockets guest) {
        if (spec.addresses().stream().noneMatch(prefix -> prefix.address().isIpv6())) {
            return false;
        }
        return KernelFiles.find(guest.namespace(), Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6"))
                .orElseThrow(() -> new LeaseRefusedException(
                        Reason.UNSUPPORTED,
                        "the kernel has no IPv6, which the guest's addresses need: give it IPv4 addresses only"))
                .equals("1");
    }
}
