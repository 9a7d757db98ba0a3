package dev.qlease.lease;

import dev.qlease.rtnetlink.Link;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The identity of a NIC, recorded to prove later that a device is the same one. A name or an ifindex finds a device but
 * proves nothing, since moving it through another namespace may change its index. The permanent address and the bus
 * address stay with the hardware, even when it is replugged; the instance does not.
 *
 * @param name its name at that time
 * @param ifindex its interface index at that time, in the host's namespace
 * @param permanentAddress the permanent hardware address; empty if it has none
 * @param bus the device on its bus, such as {@code pci/0000:01:00.0}; empty for virtual devices
 * @param instance {@link dev.qlease.net.NamespaceSockets#instance}; empty if it could not be read
 */
record NicId(String name, int ifindex, Optional<String> permanentAddress, Optional<String> bus, OptionalLong instance) {
    static NicId of(NicHandle nic) {
        return of(nic.link(), nic.sockets().instance(nic.name()));
    }

    private static NicId of(Link link, OptionalLong instance) {
        return new NicId(
                link.ifname(),
                link.ifindex(),
                link.permAddress().map(Object::toString),
                link.parentDevName().map(name -> link.parentDevBusName().orElse("") + "/" + name),
                instance);
    }

    /** Returns a key that does not depend on the device's name and is unique in its namespace. */
    String key() {
        return instance.isPresent() ? "i" + instance.getAsLong() : Integer.toString(ifindex);
    }

    /** Returns whether this is the same device and has not been replugged, as far as that can be determined. */
    boolean isSame(NicId other) {
        return permanentAddress.equals(other.permanentAddress)
                && bus.equals(other.bus)
                && (areInstancesKnown(other) ? instance.equals(other.instance) : ifindex == other.ifindex);
    }

    /** As {@link #isSame}, for a device in another namespace, where its interface index may differ. */
    boolean isSameElsewhere(NicId other) {
        return permanentAddress.equals(other.permanentAddress)
                && bus.equals(other.bus)
                && (areInstancesKnown(other) ? instance.equals(other.instance) : hasHardware());
    }

    private boolean areInstancesKnown(NicId other) {
        return instance.isPresent() && other.instance.isPresent();
    }

    /** Returns whether {@code link} is the same hardware, even if it has been replugged. */
    boolean isSameHardware(Link link) {
        NicId other = of(link, OptionalLong.empty());
        return permanentAddress.equals(other.permanentAddress) && bus.equals(other.bus);
    }

    private boolean hasHardware() {
        return permanentAddress.isPresent() || bus.isPresent();
    }
}
