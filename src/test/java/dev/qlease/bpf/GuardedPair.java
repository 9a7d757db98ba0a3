package dev.qlease.bpf;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.AddressSpec;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.NetkitMode;
import dev.qlease.rtnetlink.NetkitPolicy;
import dev.qlease.rtnetlink.NetkitSpec;
import dev.qlease.rtnetlink.RouteSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import java.util.ArrayList;
import java.util.List;

/**
 * A guest behind the emulated NIC's port qnic0 by a netkit pair that passes nothing by itself, in the test machine; the
 * namespace "remote" is behind the other port. Closing removes all of it.
 */
final class GuardedPair implements AutoCloseable {
    static final String GUEST = "guarded-guest";
    static final List<IpAddress> ADDRESSES =
            List.of(IpAddress.parse("198.51.100.10"), IpAddress.parse("2001:db8:9::10"));
    static final List<IpAddress> PRIMARY = List.of(IpAddress.parse("198.51.100.1"), IpAddress.parse("2001:db8:9::1"));
    static final List<IpAddress> NIC = List.of(IpAddress.parse("192.0.2.1"), IpAddress.parse("2001:db8:1::1"));
    static final GuestPolicy POLICY = new GuestPolicy(ADDRESSES, List.of(), PRIMARY);

    final NetworkNamespace guest = NetworkNamespace.create(GUEST);
    final NetworkNamespace remote = NetworkNamespace.named("remote");
    final Rtnetlink host = Rtnetlink.open();
    final Rtnetlink inGuest = Rtnetlink.open(guest);
    final BpfMap counters = DropReason.counters();
    final int nic = host.links().get("qnic0").ifindex();
    private final List<BpfLink> attached = new ArrayList<>();

    int primary;
    int peer;

    private static List<RouteSpec> routesBack() {
        return List.of(
                RouteSpec.to(IpPrefix.of(ADDRESSES.get(0))).via(NIC.get(0)),
                RouteSpec.to(IpPrefix.of(ADDRESSES.get(1))).via(NIC.get(1)));
    }

    void make(NetkitMode mode) {
        primary = host.links()
                .create(LinkSpec.named("nk0")
                        .up()
                        .netkit(NetkitSpec.pair(
                                        LinkSpec.named("nk1").numRxQueues(2).netns(guest))
                                .mode(mode)
                                .policy(NetkitPolicy.BLACKHOLE)
                                .peerPolicy(NetkitPolicy.BLACKHOLE)))
                .ifindex();
        peer = inGuest.links().get("nk1").ifindex();
        inGuest.links().up(peer);
        for (int i = 0; i < 2; i++) {
            int length = i == 0 ? 24 : 64;
            host.addresses()
                    .add(
                            primary,
                            AddressSpec.of(new IpPrefix(PRIMARY.get(i), length)).nodad());
            inGuest.addresses()
                    .add(
                            peer,
                            AddressSpec.of(new IpPrefix(ADDRESSES.get(i), length))
                                    .nodad());
            inGuest.routes()
                    .add(RouteSpec.to(i == 0 ? IpPrefix.ALL_IPV4 : IpPrefix.ALL_IPV6)
                            .via(PRIMARY.get(i))
                            .oif(peer));
        }
        try (Rtnetlink there = Rtnetlink.open(remote)) {
            routesBack().forEach(there.routes()::replace);
        }
    }

    /** Attaches a program at a device, until all is removed. */
    void attach(ProgramSpec spec, AttachType type, int ifindex) {
        try (Program program = Program.load(spec)) {
            attached.add(BpfLink.attach(program, type, ifindex, NetworkNamespace.ofCaller()));
        }
    }

    /** Attaches what redirects past the host's stack. */
    void redirect(GuestPolicy policy) {
        attach(GuestPrograms.fromGuestToNic(policy, nic, counters), AttachType.NETKIT_PEER, primary);
        attach(GuestPrograms.toGuestFromStack(policy, counters), AttachType.NETKIT_PRIMARY, primary);
        attach(GuestPrograms.toGuestFromWire(policy, primary, counters), AttachType.TCX_INGRESS, nic);
    }

    /** Attaches what the host's stack forwards between. */
    void forward(GuestPolicy policy) {
        attach(GuestPrograms.fromGuestToStack(policy, counters), AttachType.NETKIT_PEER, primary);
        attach(GuestPrograms.toGuestFromStack(policy, counters), AttachType.NETKIT_PRIMARY, primary);
        try (BpfMap devices = ForwardGuard.devices();
                Program guard = Program.load(ForwardGuard.program(devices, counters))) {
            ForwardGuard.addNic(devices, nic);
            ForwardGuard.addGuest(devices, primary, nic);
            attached.add(BpfLink.attachToForwarding(guard, false, NetworkNamespace.ofCaller()));
            attached.add(BpfLink.attachToForwarding(guard, true, NetworkNamespace.ofCaller()));
        }
    }

    long dropped(DropReason reason) {
        return counters.get(reason.key()).orElseThrow();
    }

    @Override
    public void close() {
        for (BpfLink each : attached) {
            each.close();
        }
        host.links().find("nk0").ifPresent(link -> host.links().delete(link.ifindex()));
        try (Rtnetlink there = Rtnetlink.open(remote)) {
            for (RouteSpec route : routesBack()) {
                there.routes().replace(route);
                there.routes().delete(route);
            }
        }
        counters.close();
        inGuest.close();
        host.close();
        remote.close();
        guest.close();
        NetworkNamespace.delete(GUEST);
    }
}
