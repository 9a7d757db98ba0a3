package dev.qlease.node.cni;

import dev.qlease.lease.Lease;
import dev.qlease.lease.LeaseException;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.NotANetworkNamespaceException;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.linux.sys.Log;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.node.cni.CniResult.Interface;
import dev.qlease.node.cni.CniResult.Ip;
import dev.qlease.node.cni.CniResult.Route;
import dev.qlease.ops.LeaseTemplate;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The operation ADD: assigns addresses, leases queues, and hands the result to the engine. If a step fails, those
 * before it are undone; if the process ends, the next invocation for the attachment undoes them.
 */
final class Addition {
    private static final Log LOG = Log.of(Addition.class);

    private final Parameters parameters;
    private final NetworkConfig config;
    private final NetworkNamespace home;
    private final Leases leases;
    private final AttachmentJournal journal;
    private final Attachment attachment;

    Addition(
            Parameters parameters,
            NetworkConfig config,
            NetworkNamespace home,
            Leases leases,
            AttachmentJournal journal) {
        this.parameters = parameters;
        this.config = config;
        this.home = home;
        this.leases = leases;
        this.journal = journal;
        this.attachment = parameters.attachment(config.network());
    }

    void run(CniPlugin.Delivery delivery) throws IOException {
        LeaseTemplate template = config.lease();
        Optional<CniResult> previous = config.previous();
        Optional<IpamPlugin> ipam = IpamPlugin.find(parameters, config, IpamPlugin.TIMEOUT);
        try (NetworkNamespace netns = guestNamespace(parameters)) {
            if (netns.cookie() == home.cookie()) {
                throw new CniException(
                        CniCode.ENVIRONMENT,
                        Parameters.NETNS + " is " + parameters.netns()
                                + ", which is the namespace of the NICs; it must be that of a container");
            }
            String nic = nic(template);
            // The addresses of an IPAM plugin are not known yet; everything else is checked before it is asked.
            spec(ipam.isPresent() ? template.withoutPackets() : template, nic, netns);
            requireNew(template);
            AttachmentJournal.Entry entry = journal.begin(attachment);
            boolean done = false;
            boolean releasable = true;
            try {
                CniResult assigned = ipam.map(IpamPlugin::add).orElse(CniResult.EMPTY);
                add(spec(withAssigned(template, assigned), nic, netns), assigned, previous, entry, delivery);
                done = true;
            } catch (LeaseException e) {
                releasable = e.notUndone().isEmpty();
                throw e;
            } finally {
                if (!done && releasable) {
                    release(ipam, entry);
                }
            }
            journal.end(entry);
        }
    }

    /** Opens the container's namespace; owned by the caller. */
    static NetworkNamespace guestNamespace(Parameters parameters) {
        try {
            return NetworkNamespace.at(KernelText.path(parameters.netns()));
        } catch (LinuxException | NotANetworkNamespaceException | IllegalArgumentException e) {
            throw new CniException(
                    CniCode.ENVIRONMENT,
                    Parameters.NETNS + " is " + parameters.netns() + ", which is no network namespace: "
                            + e.getMessage(),
                    e);
        }
    }

    private String nic(LeaseTemplate template) {
        try (NamespaceSockets sockets = NamespaceSockets.of(home)) {
            return template.nic(sockets).ifname();
        }
    }

    /** Returns the name of the guest's device: in a chain, the engine's name is that of the first plugin's. */
    static String guest(Parameters parameters, NetworkConfig config, LeaseTemplate template) {
        return config.previous().isPresent() ? template.device() : parameters.ifname();
    }

    private LeaseSpec spec(LeaseTemplate template, String nic, NetworkNamespace netns) {
        try {
            return template.spec(nic, netns, guest(parameters, config, template), attachment.owner());
        } catch (IllegalArgumentException e) {
            throw new CniException(CniCode.CONFIGURATION, "network configuration: " + e.getMessage(), e);
        }
    }

    /** Undoes an ADD or DEL that did not finish, and refuses an attachment that is there. */
    private void requireNew(LeaseTemplate template) {
        if (journal.find(attachment).isPresent()) {
            CniPlugin.delete(leases, attachment.owner());
            IpamPlugin.find(parameters, config, IpamPlugin.TIMEOUT).ifPresent(plugin -> plugin.run(Operation.DEL));
        }
        String guest = guest(parameters, config, template);
        Optional<LeaseInfo> there = leases.ownedBy(attachment.owner()::equals).stream()
                .filter(lease -> lease.guest().equals(guest))
                .findFirst();
        if (there.isPresent()) {
            throw new CniException(
                    CniCode.FAILED,
                    "there is lease " + there.get().name() + " for " + attachment + " already; DEL deletes it");
        }
    }

    private static LeaseTemplate withAssigned(LeaseTemplate template, CniResult assigned) {
        if (assigned.ips().isEmpty()) {
            return template;
        }
        try {
            List<String> addresses = assigned.ips().stream()
                    .map(ip -> IpPrefix.parse(ip.address()).toString())
                    .toList();
            List<String> routes = template.routes().isEmpty()
                    ? assigned.routes().stream()
                            .map(route -> IpPrefix.parse(route.dst()).toString())
                            .distinct()
                            .toList()
                    : template.routes();
            return template.with(addresses, routes);
        } catch (IllegalArgumentException e) {
            throw new CniException(CniCode.IPAM, "the IPAM plugin's result is invalid: " + e.getMessage(), e);
        }
    }

    private void add(
            LeaseSpec spec,
            CniResult assigned,
            Optional<CniResult> previous,
            AttachmentJournal.Entry entry,
            CniPlugin.Delivery delivery)
            throws IOException {
        // Closing the lease deletes it, unless it was kept.
        try (Lease lease = leases.create(spec)) {
            CniResult made = result(lease.info(), spec, assigned);
            String result = CniJson.result(
                    config.version(), previous.map(before -> before.and(made)).orElse(made));
            if (!journal.isCurrent(entry)) {
                throw new CniException(CniCode.FAILED, attachment + " was deleted while it was added");
            }
            delivery.deliver(result);
            lease.keep();
        }
    }

    private CniResult result(LeaseInfo lease, LeaseSpec spec, CniResult assigned) {
        List<Interface> interfaces = new ArrayList<>();
        try (NamespaceSockets here = NamespaceSockets.of(home);
                NamespaceSockets there = NamespaceSockets.of(spec.netns())) {
            if (!lease.single()) {
                interfaces.add(describe(lease.name(), here.rtnetlink().links().find(lease.name()), Optional.empty()));
            }
            interfaces.add(describe(
                    lease.guest(),
                    there.rtnetlink().links().find(lease.guestIfindex()),
                    Optional.of(parameters.netns())));
        }
        int guest = interfaces.size() - 1;
        List<Ip> ips = spec.addresses().stream()
                .map(address -> new Ip(address.toString(), gateway(assigned, address), OptionalInt.of(guest)))
                .toList();
        List<Route> routes = spec.guestRoutes().stream()
                .map(route -> Route.to(route.toString()))
                .toList();
        CniResult.Dns dns = config.dns().isEmpty() ? assigned.dns() : config.dns();
        return new CniResult(interfaces, ips, routes, dns);
    }

    private static Interface describe(String name, Optional<Link> link, Optional<String> sandbox) {
        OptionalInt mtu = link.map(Link::mtu).orElse(OptionalInt.empty());
        return new Interface(
                name,
                link.flatMap(Addition::mac),
                mtu.isPresent() ? OptionalLong.of(mtu.getAsInt()) : OptionalLong.empty(),
                sandbox,
                Optional.empty(),
                Optional.empty());
    }

    /** Returns the hardware address; a device without Ethernet frames has none. */
    static Optional<String> mac(Link link) {
        return link.address().filter(address -> !address.isZero()).map(HardwareAddress::toString);
    }

    private static Optional<String> gateway(CniResult assigned, IpPrefix address) {
        return assigned.ips().stream()
                .filter(ip -> IpPrefix.parse(ip.address()).equals(address))
                .flatMap(ip -> ip.gateway().stream())
                .findFirst();
    }

    /**
     * Releases the addresses, unless a later invocation for the attachment has its own; its lease is deleted already.
     * A failure leaves the entry, so that the next invocation tries again.
     */
    private void release(Optional<IpamPlugin> ipam, AttachmentJournal.Entry entry) {
        try {
            Optional<AttachmentJournal.Entry> now = journal.find(attachment);
            if (now.isEmpty() || now.get().equals(entry)) {
                ipam.ifPresent(plugin -> plugin.run(Operation.DEL));
                journal.end(entry);
            }
        } catch (RuntimeException e) {
            // The failure that led here is the one to report.
            LOG.warn(attachment + ": its addresses were not released; DEL tries again: " + e.getMessage());
        }
    }
}
