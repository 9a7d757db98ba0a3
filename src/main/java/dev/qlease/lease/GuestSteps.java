package dev.qlease.lease;

import dev.qlease.lease.Step.Planned;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.netdev.QueueId;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.rtnetlink.AddressSpec;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.NeighbourSpec;
import dev.qlease.rtnetlink.NetkitMode;
import dev.qlease.rtnetlink.NetkitSpec;
import dev.qlease.rtnetlink.RouteSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/** The guest's device with its queues, and how packets find it. All of it goes with the device. */
final class GuestSteps {
    /** What the guest sends to for the rest of the world; nobody has this address, the neighbour entry is what counts. */
    private static final IpAddress GATEWAY4 = IpAddress.parse("169.254.1.1");

    private static final IpAddress GATEWAY6 = IpAddress.parse("fe80::1");
    private static final String GOES = "goes with the guest's device";

    private final LeaseSpec spec;
    private final String name;
    private final Link nic;
    private final List<Integer> queues;
    private final List<Planned> steps = new ArrayList<>();

    GuestSteps(LeaseSpec spec, String name, Link nic, List<Integer> queues) {
        this.spec = spec;
        this.name = name;
        this.nic = nic;
        this.queues = queues;
    }

    List<Planned> plan() {
        if (spec.single()) {
            single();
        } else {
            pair();
        }
        Step lease = new Step("lease", "queues " + queues + " are free", "lease them to " + spec.guest(), GOES);
        steps.add(new Planned(lease, null, this::lease));
        if (!spec.addresses().isEmpty()) {
            Step addresses =
                    new Step("addresses", "none", "give " + spec.guest() + " " + texts(spec.addresses()), GOES);
            steps.add(new Planned(addresses, null, this::addresses));
            Step routes = new Step(
                    "routes",
                    "none",
                    "to " + texts(routes()) + " by " + spec.guest() + ", and to the guest by " + name,
                    GOES);
            steps.add(new Planned(routes, null, this::routes));
        }
        return steps;
    }

    private static String texts(List<?> values) {
        return String.join(", ", values.stream().map(Object::toString).toList());
    }

    private int mtu() {
        return nic.mtu().orElse(1500);
    }

    private LinkSpec guestLink() {
        return LinkSpec.named(spec.guest())
                .netns(spec.netns())
                .mtu(mtu())
                .numRxQueues(1 + queues.size())
                .numTxQueues(1);
    }

    private void pair() {
        Step step = new Step(
                "netkit",
                "no link " + name,
                "make the " + spec.mode().text().toUpperCase(Locale.ROOT) + " pair " + name + " and, in " + spec.netns()
                        + ", " + spec.guest() + " with " + queues.size() + " spare receive queues",
                "delete it, and with it the leases");
        steps.add(new Planned(step, new Undo.Link(name, Optional.empty()), bench -> {
            LinkSpec host = LinkSpec.named(name).mtu(mtu()).numRxQueues(1).numTxQueues(1);
            bench.host(bench.rtnetlink()
                    .links()
                    .create(host.netkit(NetkitSpec.pair(guestLink()).mode(spec.mode()))
                            .up()));
            bench.guest(bench.guestRtnetlink().links().get(spec.guest()));
            bench.guestRtnetlink().links().up(bench.guest().ifindex());
        }));
    }

    private void single() {
        Step step = new Step(
                "netkit",
                "no link " + spec.guest() + " in " + spec.netns(),
                "make the single device " + spec.guest() + " there with " + queues.size() + " spare receive queues",
                "delete it, and with it the leases");
        Undo undo = new Undo.Link(spec.guest(), Optional.of(spec.netns().path().toString()));
        steps.add(new Planned(step, undo, bench -> {
            LinkSpec device = LinkSpec.named(spec.guest()).mtu(mtu()).numRxQueues(1 + queues.size());
            bench.guest(bench.guestRtnetlink()
                    .links()
                    .create(device.netkit(NetkitSpec.single()).up()));
        }));
    }

    private void lease(Workbench bench) {
        boolean together = bench.home().inode() == spec.netns().inode();
        OptionalInt netnsId = together
                ? OptionalInt.empty()
                : OptionalInt.of(bench.guestRtnetlink().namespaceIds().assign(bench.home()));
        for (int queue : queues) {
            dev.qlease.netdev.Lease lease = new dev.qlease.netdev.Lease(nic.ifindex(), QueueId.rx(queue), netnsId);
            bench.leased(new LeasedQueue(
                    queue, bench.guestNetdev().createQueue(bench.guest().ifindex(), lease)));
        }
    }

    private void addresses(Workbench bench) {
        for (IpPrefix address : spec.addresses()) {
            AddressSpec wanted = AddressSpec.of(address).noprefixroute();
            bench.guestRtnetlink()
                    .addresses()
                    .add(bench.guest().ifindex(), address.address().isIpv6() ? wanted.nodad() : wanted);
        }
    }

    /** What the guest is to reach by its device. */
    private List<IpPrefix> routes() {
        if (!spec.routes().isEmpty()) {
            return spec.routes();
        }
        List<IpPrefix> all = new ArrayList<>();
        if (spec.addresses().stream().anyMatch(prefix -> !prefix.address().isIpv6())) {
            all.add(IpPrefix.ALL_IPV4);
        }
        if (spec.addresses().stream().anyMatch(prefix -> prefix.address().isIpv6())) {
            all.add(IpPrefix.ALL_IPV6);
        }
        return all;
    }

    private void routes(Workbench bench) {
        int guest = bench.guest().ifindex();
        int host = bench.host().ifindex();
        boolean ethernet = spec.mode().value() == NetkitMode.L2.value();
        for (IpPrefix network : routes()) {
            boolean ipv6 = network.address().isIpv6();
            RouteSpec route = RouteSpec.to(network.network()).oif(guest);
            if (ethernet) {
                // Both ends know each other's hardware address, so that none has to be asked for over device memory's
                // way.
                IpAddress gateway = ipv6 ? GATEWAY6 : GATEWAY4;
                route = route.via(gateway).onlink();
                bench.guestRtnetlink()
                        .neighbours()
                        .replace(NeighbourSpec.permanent(
                                guest, gateway, bench.host().address().orElseThrow()));
            }
            add(bench.guestRtnetlink(), route, network, spec.netns() + ": say what the guest is to reach by the lease");
        }
        for (IpPrefix prefix : spec.addresses()) {
            IpAddress address = prefix.address();
            add(
                    bench.rtnetlink(),
                    RouteSpec.to(IpPrefix.of(address)).oif(host),
                    prefix,
                    "the host: give the guest an address that nobody has");
            if (ethernet) {
                bench.rtnetlink()
                        .neighbours()
                        .replace(NeighbourSpec.permanent(
                                host, address, bench.guest().address().orElseThrow()));
            }
        }
    }

    /** Adds a route; that there is one already is told with the way out, since the kernel says no more than that. */
    private static void add(Rtnetlink rtnetlink, RouteSpec route, IpPrefix to, String where) {
        try {
            rtnetlink.routes().add(route);
        } catch (NetlinkException e) {
            if (!e.is(Errno.EEXIST)) {
                throw e;
            }
            LinuxException told =
                    new LinuxException("route to " + to, Errno.EEXIST.number(), "there is one already in " + where);
            told.initCause(e);
            throw told;
        }
    }
}
