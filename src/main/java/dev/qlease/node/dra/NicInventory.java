package dev.qlease.node.dra;

import dev.qlease.ethtool.Rings;
import dev.qlease.ethtool.TcpDataSplit;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeaseRefusedException;
import dev.qlease.lease.LeasedQueue;
import dev.qlease.lease.Leases;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.netdev.NetdevFeature;
import dev.qlease.node.cdi.CapableNics;
import dev.qlease.rtnetlink.Link;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the NICs of this node whose queues can be leased, and what is published of them. Changes nothing. */
final class NicInventory {
    private static final Pattern PCI_ROOT = Pattern.compile("/(pci[0-9a-f]{4,8}:[0-9a-f]{2})(/|$)");

    /** The Kubernetes API limits the strings of attributes. */
    private static final int LONGEST_STRING = 64;

    private static final int LONGEST_LABEL = 63;

    private final NetworkNamespace home;
    private final Leases leases;

    /**
     * @param home the namespace of the NICs; remains owned by the caller
     * @param leases remains owned by the caller
     */
    NicInventory(NetworkNamespace home, Leases leases) {
        this.home = home;
        this.leases = leases;
    }

    /** Returns the NICs, sorted by the names of their devices. One that vanishes meanwhile is left out. */
    List<NodeNic> list() {
        Map<String, NodeNic> nics = new TreeMap<>();
        try (NamespaceSockets sockets = NamespaceSockets.of(home)) {
            if (!sockets.netdev().has(NetdevFeature.QUEUE_LEASE)) {
                return List.of();
            }
            List<Link> all = sockets.rtnetlink().links().list();
            List<LeaseInfo> held = leases.ownedBy(owner -> owner.startsWith(PreparedClaim.OWNERS));
            for (Link link : new CapableNics(sockets).capable(all)) {
                try {
                    NodeNic nic = nic(sockets, link, all, held);
                    nics.put(nic.device(), nic);
                } catch (LinuxException | LeaseRefusedException e) {
                    if (sockets.findLink(Integer.toString(link.ifindex())).isPresent()) {
                        throw e;
                    }
                }
            }
        }
        return new ArrayList<>(nics.values());
    }

    /** Returns the name of the network device that is published under a name; empty if there is none now. */
    Optional<Link> find(String device) {
        try (NamespaceSockets sockets = NamespaceSockets.of(home)) {
            List<Link> all = sockets.rtnetlink().links().list();
            return all.stream()
                    .filter(link -> deviceName(link, all).equals(device))
                    .findFirst();
        }
    }

    /**
     * Returns the name of a NIC's device: from an address that no other device has, so that the name stays the same
     * when the network device is renamed.
     */
    static String deviceName(Link link, List<Link> all) {
        String text = CapableNics.unique(link, all, CapableNics::pciAddress)
                .map(address -> "pci-" + address)
                .or(() -> CapableNics.unique(
                                link, all, each -> each.permAddress().map(Object::toString))
                        .map(address -> "mac-" + address))
                .orElseGet(() -> "name-" + link.ifname());
        String label =
                text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
        return label.substring(0, Math.min(label.length(), LONGEST_LABEL)).replaceAll("-+$", "");
    }

    private NodeNic nic(NamespaceSockets sockets, Link link, List<Link> all, List<LeaseInfo> held) {
        // A claim's lease has the queues that are reserved for it.
        long ofClaims = held.stream()
                .filter(lease -> lease.nicIfindex() == link.ifindex())
                .flatMap(lease -> lease.queues().stream())
                .map(LeasedQueue::nic)
                .distinct()
                .count();
        return new NodeNic(
                deviceName(link, all),
                link.ifname(),
                (int) ofClaims + leases.leasableQueues(link),
                link.carrier().orElse(0) == 1,
                attributes(sockets, link));
    }

    private Map<String, Object> attributes(NamespaceSockets sockets, Link link) {
        Map<String, Object> attributes = new TreeMap<>();
        attributes.put("ifname", link.ifname());
        link.mtu().ifPresent(mtu -> attributes.put("mtu", (long) mtu));
        link.permAddress().ifPresent(address -> attributes.put("permanentAddress", address.toString()));
        CapableNics.pciAddress(link).ifPresent(address -> attributes.put("pciBusID", address));
        attributes.put("netmemTx", true);
        attributes.put("rxPageSizes", sockets.netdev().has(NetdevFeature.RX_PAGE_SIZE));
        attributes.put("bindRx", sockets.netdev().has(NetdevFeature.BIND_RX));
        attributes.put("bindTx", sockets.netdev().has(NetdevFeature.BIND_TX));
        asked(() -> sockets.ethtool().driverInfo(link.ifname()).driver())
                .ifPresent(driver -> attributes.put("driver", driver));
        asked(() -> sockets.ethtool().rings(link.ifindex()))
                .flatMap(Rings::tcpDataSplit)
                .map(TcpDataSplit::toString)
                .ifPresent(split -> attributes.put("tcpDataSplit", split));
        sockets.deviceDirectory(link.ifname()).ifPresent(directory -> fromSysfs(directory, attributes));
        attributes.values().removeIf(value -> value instanceof String text && text.length() > LONGEST_STRING);
        return attributes;
    }

    private static void fromSysfs(Path directory, Map<String, Object> attributes) {
        number(directory.resolve("device/numa_node")).ifPresent(node -> attributes.put("numaNode", node));
        number(directory.resolve("speed")).ifPresent(speed -> attributes.put("speed", speed));
        try {
            Matcher root =
                    PCI_ROOT.matcher(directory.resolve("device").toRealPath().toString());
            if (root.find()) {
                attributes.put("resource.kubernetes.io/pcieRoot", root.group(1));
            }
        } catch (IOException e) {
            // A device without hardware has no such link.
            return;
        }
    }

    /** Returns a number that is not negative: -1 stands for none. */
    private static Optional<Long> number(Path file) {
        return asked(() -> KernelFiles.find(file))
                .flatMap(text -> text)
                .filter(text -> text.matches("[0-9]{1,18}"))
                .map(Long::valueOf);
    }

    /** Returns what not all drivers answer. */
    private static <T> Optional<T> asked(Supplier<T> question) {
        try {
            return Optional.of(question.get());
        } catch (LinuxException e) {
            return Optional.empty();
        }
    }
}
