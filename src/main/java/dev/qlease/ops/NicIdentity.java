package dev.qlease.ops;

import dev.qlease.net.NamespaceSockets;
import dev.qlease.rtnetlink.Link;
import java.util.List;
import java.util.Optional;

/**
 * A NIC as it was found, to find the same one later whatever its name is then.
 *
 * @param name its name
 * @param ifindex its interface index
 * @param permanentAddress the permanent hardware address; empty if it has none
 * @param bus the device on its bus, such as {@code pci/0000:01:00.0}; empty for virtual devices
 */
record NicIdentity(String name, int ifindex, Optional<String> permanentAddress, Optional<String> bus) {
    static NicIdentity of(Link link) {
        return new NicIdentity(
                link.ifname(),
                link.ifindex(),
                link.permAddress().map(Object::toString),
                link.parentDevName().map(name -> link.parentDevBusName().orElse("") + "/" + name));
    }

    /** Returns whether this is the same device, as far as that can be determined. */
    boolean isSame(NicIdentity other) {
        return permanentAddress.equals(other.permanentAddress)
                && bus.equals(other.bus)
                && (ifindex == other.ifindex || hasHardware());
    }

    private boolean hasHardware() {
        return permanentAddress.isPresent();
    }

    /**
     * Finds the device.
     *
     * @throws OpsException if it is not there any more
     */
    Link link(NamespaceSockets home) {
        List<Link> links = home.rtnetlink().links().list();
        return links.stream()
                .filter(link -> link.ifindex() == ifindex)
                .filter(link -> isSame(of(link)))
                .findFirst()
                .or(() -> links.stream().filter(link -> isSame(of(link))).findFirst())
                .orElseThrow(() -> new OpsException(
                        OpsException.Reason.NOT_FOUND,
                        name + " is not here any more: it was removed or moved to another namespace"));
    }
}
