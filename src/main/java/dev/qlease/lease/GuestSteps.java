package dev.qlease.lease;

import dev.qlease.linux.Errno;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.netdev.QueueId;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.rtnetlink.AddressSpec;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.Links;
import dev.qlease.rtnetlink.NeighbourSpec;
import dev.qlease.rtnetlink.NetkitMode;
import dev.qlease.rtnetlink.NetkitPolicy;
import dev.qlease.rtnetlink.NetkitSpec;
import dev.qlease.rtnetlink.RouteSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * The steps that make the guest's device, lease the queues to it and route packets to it. Deleting the device undoes
 * all of them. The device passes nothing to the host before the guard programs are attached: without a program both
 * ends drop all packets.
 */
final class GuestSteps {
    /** The guest's gateway. No host has this address: the permanent neighbour entry says where packets go. */
    private static final IpAddress GATEWAY4 = IpAddress.parse("169.254.1.1");

    private static final IpAddress GATEWAY6 = IpAddress.parse("fe80::1");
    private static final String GOES = "goes with the guest's device";

    private final LeaseSpec spec;
    private final LeaseId id;
    private final String name;
    private final NicHandle nic;
    private final List<Integer> queues;

    GuestSteps(LeaseSpec spec, LeaseId id, String name, NicHandle nic, List<Integer> queues) {
        this.spec = spec;
        this.id = id;
        this.name = name;
        this.nic = nic;
        this.queues = queues;
    }

    /** Returns the steps that make the device; those of {@link #use} follow once its guard is attached. */
    List<Step> device() {
        return spec.single() ? List.of(single()) : List.of(pair(), HostEnd.step(spec, name));
    }

    /** Returns the steps that lease the queues, and bring the device up with its addresses and routes. */
    List<Step> use(boolean switchIpv6On) {
        List<Step> steps = new ArrayList<>();
        if (!spec.single()) {
            steps.add(
                    Step.Change.passing("up", "down", "bring " + name + " and " + spec.guest() + " up", GOES, made -> {
                        made.home().rtnetlink().links().up(made.host().ifindex());
                        made.there().rtnetlink().links().up(made.guest().ifindex());
                    }));
        }
        steps.add(Step.Change.passing(
                "lease", "queues " + queues + " are free", "lease them to " + spec.guest(), GOES, this::lease));
        if (spec.addresses().isEmpty()) {
            return steps;
        }
        if (switchIpv6On) {
            steps.add(Step.Change.passing(
                    "IPv6",
                    "switched off for new devices of the guest",
                    "switch on for " + spec.guest(),
                    GOES,
                    made -> KernelFiles.write(
                            made.there().namespace(),
                            KernelText.path("/proc/sys/net/ipv6/conf/" + spec.guest() + "/disable_ipv6"),
                            Setting.OFF)));
        }
        steps.add(Step.Change.passing(
                "addresses", "none", "give " + spec.guest() + " " + texts(spec.addresses()), GOES, this::addresses));
        steps.add(Step.Change.passing(
                "routes",
                "none",
                "to " + texts(spec.guestRoutes()) + " by " + spec.guest() + ", and to the guest by " + name,
                GOES,
                this::routes));
        return steps;
    }

    private static String texts(List<?> values) {
        return String.join(", ", values.stream().map(Object::toString).toList());
    }

    private int mtu() {
        return nic.link().mtu().orElse(1500);
    }

    private LinkSpec guestLink() {
        return LinkSpec.named(spec.guest())
                .netns(spec.netns())
                .mtu(mtu())
                .numRxQueues(1 + queues.size())
                .numTxQueues(1);
    }

    private Step pair() {
        return Step.Change.own(
                "netkit",
                "no link " + name,
                "make the " + spec.mode().text().toUpperCase(Locale.ROOT) + " pair " + name + " and, in " + spec.netns()
                        + ", " + spec.guest() + " with " + queues.size() + " spare receive queues",
                new Undo.Netkit(),
                made -> {
                    NetkitSpec pair = NetkitSpec.pair(guestLink())
                            .mode(spec.mode())
                            .policy(NetkitPolicy.BLACKHOLE)
                            .peerPolicy(NetkitPolicy.BLACKHOLE);
                    LinkSpec host = LinkSpec.named(id.provisionalName())
                            .mtu(mtu())
                            .numRxQueues(1)
                            .numTxQueues(1);
                    made.host(tagged(made.home().rtnetlink().links(), host.netkit(pair), name));
                    made.guest(peer(made, made.host()));
                });
    }

    /**
     * Returns the other end of {@code host}, found by its interface index, since the guest may have renamed it and
     * given its name to another device. The host's end is read again afterwards: if it still names the same peer, that
     * peer existed all the time, and its index was not reused.
     */
    private static Link peer(LeaseInProgress made, Link host) {
        Link peer = made.there().rtnetlink().links().get(host.link().orElseThrow());
        Link now = made.home().rtnetlink().links().get(host.ifindex());
        boolean isPeer = peer.netkit().isPresent()
                && peer.link().equals(OptionalInt.of(host.ifindex()))
                && now.link().equals(host.link())
                && now.linkNetnsid().equals(host.linkNetnsid());
        if (!isPeer) {
            throw new LinuxException(
                    "the guest's end of " + host.ifname(),
                    Errno.ENODEV.number(),
                    "the guest has moved or replaced it while the lease was made");
        }
        return peer;
    }

    private Step single() {
        return Step.Change.own(
                "netkit",
                "no link " + spec.guest() + " in " + spec.netns(),
                "make the single device " + spec.guest() + " there with " + queues.size() + " spare receive queues",
                new Undo.Netkit(),
                made -> {
                    LinkSpec device =
                            LinkSpec.named(id.provisionalName()).mtu(mtu()).numRxQueues(1 + queues.size());
                    Links links = made.there().rtnetlink().links();
                    made.guest(tagged(links, device.netkit(NetkitSpec.single()), spec.guest()));
                    links.up(made.guest().ifindex());
                });
    }

    /**
     * Makes a link under a name that only this lease uses, and then sets its name and alias in one request: at no time
     * could it be taken for another link.
     */
    private Link tagged(Links links, LinkSpec spec, String finalName) {
        int ifindex = links.create(spec).ifindex();
        links.change(ifindex, LinkSpec.named(finalName).ifalias(id.tag()));
        return links.get(ifindex);
    }

    private void lease(LeaseInProgress made) {
        NamespaceSockets there = made.there();
        boolean together = made.home().namespace().cookie() == there.namespace().cookie();
        OptionalInt netnsId = together
                ? OptionalInt.empty()
                : OptionalInt.of(
                        there.rtnetlink().namespaceIds().assign(made.home().namespace()));
        for (int queue : queues) {
            var lease = new dev.qlease.netdev.Lease(nic.ifindex(), QueueId.rx(queue), netnsId);
            made.leased(new LeasedQueue(
                    queue, there.netdev().createQueue(made.guest().ifindex(), lease)));
        }
    }

    private void addresses(LeaseInProgress made) {
        for (IpPrefix address : spec.addresses()) {
            AddressSpec wanted = AddressSpec.of(address).noprefixroute();
            made.there()
                    .rtnetlink()
                    .addresses()
                    .add(made.guest().ifindex(), address.address().isIpv6() ? wanted.nodad() : wanted);
        }
    }

    private void routes(LeaseInProgress made) {
        int guest = made.guest().ifindex();
        int host = made.host().ifindex();
        boolean ethernet = spec.mode().value() == NetkitMode.L2.value();
        for (IpPrefix network : spec.guestRoutes()) {
            boolean ipv6 = network.address().isIpv6();
            RouteSpec route = RouteSpec.to(network.network()).oif(guest);
            if (ethernet) {
                // Permanent entries for each other's hardware address, so that neither end has to ask for it.
                IpAddress gateway = ipv6 ? GATEWAY6 : GATEWAY4;
                route = route.via(gateway).onlink();
                made.there()
                        .rtnetlink()
                        .neighbours()
                        .replace(NeighbourSpec.permanent(
                                guest, gateway, made.host().address().orElseThrow()));
            }
            add(made.there(), route, network, spec.netns() + ": name what the guest is to reach by the lease");
        }
        for (IpPrefix prefix : spec.addresses()) {
            IpAddress address = prefix.address();
            RouteSpec route = RouteSpec.to(IpPrefix.of(address)).oif(host);
            add(made.home(), route, prefix, "the host: give the guest an address that no other host has");
            if (ethernet) {
                made.home()
                        .rtnetlink()
                        .neighbours()
                        .replace(NeighbourSpec.permanent(
                                host, address, made.guest().address().orElseThrow()));
            }
        }
    }

    /**
     * Adds a route. If there is one already the kernel says only EEXIST; the error names the route and the namespace.
     */
    private static void add(NamespaceSockets sockets, RouteSpec route, IpPrefix to, String where) {
        try {
            sockets.rtnetlink().routes().add(route);
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
