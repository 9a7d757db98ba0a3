package dev.qlease.ops;

import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.LeasedQueue;
import dev.qlease.lease.Redirect;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.NetkitMode;
import java.util.List;
import java.util.OptionalInt;

/**
 * What a lease is, apart from its name, its NIC and its namespace.
 *
 * @param count the number of queues
 * @param queues the numbers of the NIC's queues; empty for any {@code count} of them
 * @param guest the name of the guest's device
 * @param single whether the guest's device has no peer
 * @param mode {@code l2} or {@code l3}
 * @param addresses the guest's addresses, with prefix lengths
 * @param routes the networks that the guest reaches; empty for all
 * @param ports the TCP ports that are steered; empty for all
 * @param redirect what carries packets between the NIC and the guest
 * @param rxRing number of descriptors in each receive ring of the NIC; empty to leave it
 * @param sharedTraffic whether traffic of others on the queues is accepted
 */
record LeaseShape(
        int count,
        List<Integer> queues,
        String guest,
        boolean single,
        String mode,
        List<String> addresses,
        List<String> routes,
        List<Integer> ports,
        Redirect redirect,
        OptionalInt rxRing,
        boolean sharedTraffic) {
    static final String DEFAULT_GUEST = "nk0";
    static final String L2 = "l2";
    static final String L3 = "l3";

    LeaseShape {
        queues = queues.stream().sorted().toList();
        addresses = addresses.stream().sorted().toList();
        routes = routes.stream().sorted().toList();
        ports = ports.stream().sorted().toList();
    }

    static LeaseShape of(LeaseInfo info) {
        List<Integer> queues = info.queues().stream().map(LeasedQueue::nic).toList();
        return new LeaseShape(
                queues.size(),
                queues,
                info.guest(),
                info.single(),
                info.mode(),
                info.addresses(),
                info.routes(),
                info.ports(),
                info.redirect(),
                info.rxRing(),
                info.sharedTraffic());
    }

    /** Returns how packets are redirected if that is not specified. */
    static Redirect defaultRedirect(boolean single) {
        return single ? Redirect.NONE : Redirect.BPF;
    }

    /**
     * Returns the specification of a lease of this shape.
     *
     * @throws IllegalArgumentException if values are invalid or contradict each other
     */
    LeaseSpec spec(String name, String nic, NetworkNamespace netns) {
        return builder(nic, netns).host(name).build();
    }

    /**
     * Returns a builder for a lease of this shape, whose name is chosen when it is created.
     *
     * @throws IllegalArgumentException if an address or route is invalid
     */
    LeaseSpec.Builder builder(String nic, NetworkNamespace netns) {
        LeaseSpec.Builder spec = LeaseSpec.of(nic, netns)
                .guest(guest)
                .count(count)
                .mode(mode.equals(L3) ? NetkitMode.L3 : NetkitMode.L2)
                .redirect(redirect);
        if (!queues.isEmpty()) {
            spec.queues(queues);
        }
        if (single) {
            spec.single();
        }
        addresses.forEach(address -> spec.address(IpPrefix.parse(address)));
        routes.forEach(route -> spec.route(IpPrefix.parse(route)));
        ports.forEach(spec::port);
        rxRing.ifPresent(spec::rxRing);
        if (sharedTraffic) {
            spec.sharedTraffic();
        }
        return spec;
    }

    /** Returns a copy with other addresses and routes. */
    LeaseShape with(List<String> newAddresses, List<String> newRoutes) {
        return with(newAddresses, newRoutes, redirect);
    }

    /** Returns a copy that carries no packets. */
    LeaseShape withoutPackets() {
        return with(List.of(), List.of(), Redirect.NONE);
    }

    private LeaseShape with(List<String> newAddresses, List<String> newRoutes, Redirect newRedirect) {
        return new LeaseShape(
                count, queues, guest, single, mode, newAddresses, newRoutes, ports, newRedirect, rxRing, sharedTraffic);
    }
}
