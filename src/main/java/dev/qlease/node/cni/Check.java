package dev.qlease.node.cni;

import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.node.cni.CniResult.Interface;
import dev.qlease.ops.LeaseTemplate;
import dev.qlease.rtnetlink.Address;
import dev.qlease.rtnetlink.AddressFamily;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.RouteFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The operation CHECK: compares the attachment with the lease's record, with the result of its ADD, and with what is in
 * the container's namespace. Changes nothing.
 */
final class Check {
    private final Parameters parameters;
    private final NetworkConfig config;
    private final Leases leases;
    private final List<String> problems = new ArrayList<>();

    Check(Parameters parameters, NetworkConfig config, Leases leases) {
        this.parameters = parameters;
        this.config = config;
        this.leases = leases;
    }

    /** @throws CniException if something is missing or has changed, with a sentence for each problem */
    void run() {
        LeaseTemplate template = config.lease();
        CniResult result = config.previous()
                .orElseThrow(() -> new CniException(
                        CniCode.CONFIGURATION, "network configuration: prevResult: missing; give the result of ADD"));
        Attachment attachment = parameters.attachment(config.network());
        List<LeaseInfo> owned = leases.ownedBy(attachment.owner()::equals);
        LeaseInfo lease = owned.stream()
                .filter(each -> owned.size() == 1
                        || each.guest().equals(template.guest().orElse(parameters.ifname())))
                .findFirst()
                .orElseThrow(() -> new CniException(CniCode.CHANGED, "there is no lease for " + attachment));
        problems.addAll(lease.problems());
        if (problems.isEmpty() && lease.status() != Status.READY) {
            problems.add("lease " + lease.name() + " is " + lease.status().text());
        }
        try (NetworkNamespace netns = Addition.guestNamespace(parameters)) {
            if (netns.cookie() == lease.netnsCookie()) {
                check(lease, result, netns);
            } else {
                problems.add("lease " + lease.name() + " is of another network namespace than " + parameters.netns());
            }
        }
        if (!problems.isEmpty()) {
            throw new CniException(CniCode.CHANGED, problems);
        }
        IpamPlugin.find(parameters, config, IpamPlugin.TIMEOUT).ifPresent(plugin -> plugin.run(Operation.CHECK));
    }

    private void check(LeaseInfo lease, CniResult result, NetworkNamespace netns) {
        try (NamespaceSockets there = NamespaceSockets.of(netns)) {
            Optional<Link> guest = there.rtnetlink()
                    .links()
                    .find(lease.guestIfindex())
                    .filter(link -> link.ifname().equals(lease.guest()));
            if (guest.isEmpty()) {
                problems.add("the container has no " + lease.guest() + " of lease " + lease.name() + " any more");
                return;
            }
            if (!guest.get().isUp()) {
                problems.add(lease.guest() + " is down");
            }
            checkAddresses(lease, there);
            checkRoutes(lease, result, there);
            checkResult(lease, result, guest.get());
        }
    }

    private void checkAddresses(LeaseInfo lease, NamespaceSockets there) {
        List<Address> found = there.rtnetlink().addresses().list(lease.guestIfindex());
        for (String text : lease.addresses()) {
            IpPrefix wanted = IpPrefix.parse(text);
            if (found.stream().noneMatch(address -> address.prefix().equals(Optional.of(wanted)))) {
                problems.add(lease.guest() + " has no address " + wanted + " any more");
            }
        }
    }

    /** Looks for the routes of this plugin's devices that the result has; others may have added their own. */
    private void checkRoutes(LeaseInfo lease, CniResult result, NamespaceSockets there) {
        if (lease.addresses().isEmpty()) {
            return;
        }
        List<IpPrefix> found = there.rtnetlink().routes().list(RouteFilter.ALL.oif(lease.guestIfindex())).stream()
                .map(route -> new IpPrefix(
                        route.dst()
                                .orElseGet(() -> route.family().equals(AddressFamily.INET6)
                                        ? IpPrefix.ALL_IPV6.address()
                                        : IpPrefix.ALL_IPV4.address()),
                        route.dstLen()))
                .toList();
        for (IpPrefix route : lease.guestRoutes()) {
            boolean expected =
                    result.routes().stream().anyMatch(each -> each.dst().equals(route.toString()));
            if (expected && !found.contains(route.network())) {
                problems.add(lease.guest() + " has no route to " + route + " any more");
            }
        }
    }

    private void checkResult(LeaseInfo lease, CniResult result, Link guest) {
        int index = -1;
        for (int i = 0; i < result.interfaces().size(); i++) {
            Interface each = result.interfaces().get(i);
            if (each.name().equals(lease.guest()) && each.sandbox().equals(Optional.of(parameters.netns()))) {
                index = i;
            }
        }
        if (index < 0) {
            problems.add("prevResult has no interface " + lease.guest() + " in " + parameters.netns());
            return;
        }
        Optional<String> mac = result.interfaces().get(index).mac();
        Optional<String> found = Addition.mac(guest);
        if (mac.isPresent() && !mac.map(String::toLowerCase).equals(found.map(String::toLowerCase))) {
            problems.add(lease.guest() + " has the hardware address " + found.orElse("(none)") + ", not " + mac.get());
        }
        for (String address : result.addressesOf(index)) {
            if (!lease.addresses().contains(address)) {
                problems.add("lease " + lease.name() + " does not have the address " + address + " of prevResult");
            }
        }
    }
}
