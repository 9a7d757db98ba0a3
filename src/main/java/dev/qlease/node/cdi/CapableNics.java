package dev.qlease.node.cdi;

import dev.qlease.devmem.Device;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.netdev.NetdevFeature;
import dev.qlease.node.cdi.CdiException.Reason;
import dev.qlease.rtnetlink.Link;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

/** Finds the NICs whose drivers support device memory, and how to name each in a specification. Changes nothing. */
public final class CapableNics {
    private final NamespaceSockets home;

    /** @param home the namespace of the NICs; remains owned by the caller */
    public CapableNics(NamespaceSockets home) {
        this.home = home;
    }

    /**
     * Devices, and why there are none for other NICs.
     *
     * @param devices sorted by name
     * @param notes a sentence for each NIC that was left out although it is capable
     */
    public record Found(List<CdiSpec.Device> devices, List<String> notes) {}

    /**
     * Returns a device for each capable NIC.
     *
     * @param nic the only NIC to consider; empty for all
     * @param config the fields of their leases
     * @throws CdiException if there is none
     */
    public Found find(Optional<Link> nic, LeaseConfig config) {
        List<Link> all = home.rtnetlink().links().list();
        List<Link> candidates = nic.map(List::of).orElse(all);
        if (!home.netdev().has(NetdevFeature.QUEUE_LEASE)) {
            throw new CdiException(
                    Reason.UNSUPPORTED, "this kernel cannot lease queues; qlease doctor says what it lacks");
        }
        List<Link> capable = capable(candidates);
        if (capable.isEmpty()) {
            throw new CdiException(
                    Reason.UNSUPPORTED,
                    nic.map(link -> "the driver of " + link.ifname() + " does not support device memory; qlease doctor "
                                    + link.ifname() + " says what is missing")
                            .orElse("no NIC here has a driver that supports device memory; qlease doctor DEV says what"
                                    + " is missing"));
        }
        return devices(capable, all, config);
    }

    /** Returns those of {@code links} whose drivers support device memory, except netkit devices. */
    public List<Link> capable(List<Link> links) {
        return links.stream().filter(this::isCapable).toList();
    }

    /** A netkit device sends by the NIC that lends it queues, and lends none itself. */
    private boolean isCapable(Link link) {
        if (link.netkit().isPresent()) {
            return false;
        }
        try {
            Device.of(home.namespace(), link).checkTx();
            return true;
        } catch (UnsupportedException e) {
            return false;
        }
    }

    /** Names and selects NICs; {@code all} are the links that a selection must not be ambiguous among. */
    static Found devices(List<Link> nics, List<Link> all, LeaseConfig config) {
        Map<String, CdiSpec.Device> devices = new TreeMap<>(Comparator.naturalOrder());
        List<String> notes = new ArrayList<>();
        for (Link nic : nics) {
            Optional<String> name = Stream.concat(Stream.of(nic.ifname()), nic.altIfname().stream())
                    .filter(CdiSpec::isDeviceName)
                    .findFirst();
            if (name.isEmpty()) {
                notes.add("\"" + nic.ifname() + "\" was left out: no name of a CDI device can be like this; give it"
                        + " another one: ip link property add dev NAME altname OTHER");
            } else {
                devices.put(name.get(), new CdiSpec.Device(name.get(), config.of(selector(nic, all))));
            }
        }
        if (devices.isEmpty()) {
            throw new CdiException(Reason.FAILED, String.join("; ", notes));
        }
        return new Found(List.copyOf(devices.values()), notes);
    }

    /**
     * Returns the conditions, as in qlease.yaml, that only this NIC meets of all links. A name can be another device's
     * after the next boot; an address cannot, if only one device has it.
     */
    public static Map<String, String> selector(Link nic, List<Link> all) {
        return unique(nic, all, link -> link.permAddress().map(Object::toString))
                .map(address -> Map.of("permanent-address", address))
                .or(() -> unique(nic, all, CapableNics::pciAddress).map(address -> Map.of("pci-address", address)))
                .orElseGet(() -> Map.of("name", nic.ifname()));
    }

    /** Returns the address on the PCI bus; empty if the device is not there. */
    public static Optional<String> pciAddress(Link link) {
        return link.parentDevBusName().filter("pci"::equals).flatMap(_ -> link.parentDevName());
    }

    /** Returns the address of a NIC; empty if it has none, or another link has the same. */
    public static Optional<String> unique(Link nic, List<Link> all, Function<Link, Optional<String>> address) {
        return address.apply(nic)
                .filter(found -> all.stream()
                                .filter(other -> address.apply(other)
                                        .filter(found::equalsIgnoreCase)
                                        .isPresent())
                                .count()
                        == 1);
    }
}
