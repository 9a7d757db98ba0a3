package dev.qlease.node.cni;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The result of an ADD, in the names of the specification.
 *
 * @param interfaces the interfaces
 * @param ips the addresses
 * @param routes the routes
 * @param dns the DNS configuration
 */
record CniResult(List<Interface> interfaces, List<Ip> ips, List<Route> routes, Dns dns) {
    static final CniResult EMPTY = new CniResult(List.of(), List.of(), List.of(), Dns.EMPTY);

    /** Keeps copies of the lists. */
    CniResult {
        interfaces = List.copyOf(interfaces);
        ips = List.copyOf(ips);
        routes = List.copyOf(routes);
    }

    /**
     * An interface.
     *
     * @param name its name
     * @param mac its hardware address
     * @param mtu its MTU
     * @param sandbox the path of its network namespace; empty for the host's
     * @param socketPath the path of a socket that stands for it
     * @param pciId the PCI device
     */
    record Interface(
            String name,
            Optional<String> mac,
            OptionalLong mtu,
            Optional<String> sandbox,
            Optional<String> socketPath,
            Optional<String> pciId) {}

    /**
     * An address.
     *
     * @param address the address with its prefix length
     * @param gateway the gateway
     * @param interfaceIndex the index of its interface in {@link CniResult#interfaces}
     */
    record Ip(String address, Optional<String> gateway, OptionalInt interfaceIndex) {
        boolean isIpv6() {
            return address.indexOf(':') >= 0;
        }
    }

    /** A route. */
    record Route(
            String dst,
            Optional<String> gw,
            OptionalLong mtu,
            OptionalLong advmss,
            OptionalLong priority,
            OptionalLong table,
            OptionalLong scope) {
        static Route to(String dst) {
            return new Route(
                    dst,
                    Optional.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty());
        }
    }

    /** The DNS configuration. */
    record Dns(List<String> nameservers, Optional<String> domain, List<String> search, List<String> options) {
        static final Dns EMPTY = new Dns(List.of(), Optional.empty(), List.of(), List.of());

        /** Keeps copies of the lists. */
        Dns {
            nameservers = List.copyOf(nameservers);
            search = List.copyOf(search);
            options = List.copyOf(options);
        }

        boolean isEmpty() {
            return equals(EMPTY);
        }
    }

    /** Returns the result of a chain: this one, the previous plugin's, with {@code added} after it. */
    CniResult and(CniResult added) {
        List<Interface> allInterfaces = new ArrayList<>(interfaces);
        allInterfaces.addAll(added.interfaces);
        List<Ip> allIps = new ArrayList<>(ips);
        for (Ip ip : added.ips) {
            OptionalInt index = ip.interfaceIndex().isPresent()
                    ? OptionalInt.of(ip.interfaceIndex().getAsInt() + interfaces.size())
                    : OptionalInt.empty();
            allIps.add(new Ip(ip.address(), ip.gateway(), index));
        }
        List<Route> allRoutes = new ArrayList<>(routes);
        allRoutes.addAll(added.routes);
        return new CniResult(allInterfaces, allIps, allRoutes, added.dns.isEmpty() ? dns : added.dns);
    }

    /** Returns the addresses of an interface. */
    List<String> addressesOf(int index) {
        return ips.stream()
                .filter(ip -> ip.interfaceIndex().equals(OptionalInt.of(index)))
                .map(Ip::address)
                .toList();
    }
}
