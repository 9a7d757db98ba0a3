package dev.qlease.ops;

import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.rtnetlink.Link;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How a file names a NIC: by conditions that one device only must meet.
 *
 * @param conditions what is compared, and the value of it; at least one
 */
public record NicSelector(Map<Kind, String> conditions) {
    private static final String ALL_DEVICES = "; qlease links lists all devices";

    /** What is compared. */
    public enum Kind {
        /** A name or an alternative name. */
        NAME("name"),
        /** The address on the PCI bus, such as 0000:01:00.0. */
        PCI_ADDRESS("pci-address"),
        /** The permanent hardware address. */
        PERMANENT_ADDRESS("permanent-address"),
        /** The name of the driver. */
        DRIVER("driver"),
        /** The number of the NUMA node that the device is connected to. */
        NUMA_NODE("numa-node"),
        /** The speed in Mbit/s. */
        SPEED("speed");

        private final String field;

        Kind(String field) {
            this.field = field;
        }

        /** Returns the name of the field in files. */
        String field() {
            return field;
        }
    }

    /** Keeps a copy of the map. */
    public NicSelector {
        conditions = Map.copyOf(conditions);
    }

    static NicSelector of(Kind kind, String value) {
        return new NicSelector(Map.of(kind, value));
    }

    /**
     * Finds the NIC.
     *
     * @throws OpsException if there is none, or there are several
     */
    public Link find(NamespaceSockets home) {
        Map<Kind, String> others = new EnumMap<>(conditions);
        String name = others.remove(Kind.NAME);
        List<Link> candidates = name == null
                ? home.rtnetlink().links().list()
                : List.of(home.findLink(name).orElseThrow(() -> notFound("no device \"" + name + "\"" + ALL_DEVICES)));
        List<Link> found = candidates.stream()
                .filter(link -> others.entrySet().stream()
                        .allMatch(condition -> matches(home, link, condition.getKey(), condition.getValue())))
                .toList();
        if (found.isEmpty()) {
            throw notFound("no device with " + this + ALL_DEVICES);
        }
        if (found.size() > 1) {
            throw notFound("several devices have " + this + ": "
                    + String.join(", ", found.stream().map(Link::ifname).toList()) + "; name one of them");
        }
        return found.getFirst();
    }

    private static OpsException notFound(String sentence) {
        return new OpsException(OpsException.Reason.NOT_FOUND, sentence);
    }

    private static boolean matches(NamespaceSockets home, Link link, Kind kind, String value) {
        return switch (kind) {
            case NAME -> false;
            case PCI_ADDRESS ->
                link.parentDevBusName().filter("pci"::equals).isPresent()
                        && link.parentDevName().filter(value::equalsIgnoreCase).isPresent();
            case PERMANENT_ADDRESS ->
                link.permAddress()
                        .map(address -> address.toString().toLowerCase(Locale.ROOT))
                        .filter(value.toLowerCase(Locale.ROOT)::equals)
                        .isPresent();
            case DRIVER -> driver(home, link).filter(value::equals).isPresent();
            case NUMA_NODE -> attribute(home, link, "device/numa_node").equals(Optional.of(value));
            case SPEED -> attribute(home, link, "speed").equals(Optional.of(value));
        };
    }

    private static Path directory(NamespaceSockets home, Link link) {
        return home.deviceDirectory(link.ifname())
                .orElseThrow(
                        () -> notFound("devices can be selected by driver, NUMA node or speed only with CAP_SYS_ADMIN;"
                                + " run it as root"));
    }

    private static Optional<String> driver(NamespaceSockets home, Link link) {
        Path directory = directory(home, link);
        try {
            String driver = KernelFiles.readLink(directory.resolve("device/driver"));
            return Optional.of(driver.substring(driver.lastIndexOf('/') + 1));
        } catch (LinuxException e) {
            // A device without hardware has no driver.
            return Optional.empty();
        }
    }

    private static Optional<String> attribute(NamespaceSockets home, Link link, String file) {
        Path directory = directory(home, link);
        try {
            return KernelFiles.find(directory.resolve(file));
        } catch (LinuxException e) {
            // The speed of a device that is down, or that has none, cannot be read.
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        String name = conditions.get(Kind.NAME);
        return name != null && conditions.size() == 1
                ? name
                : String.join(
                        ", ",
                        Arrays.stream(Kind.values())
                                .filter(conditions::containsKey)
                                .map(kind -> kind.field() + " " + conditions.get(kind))
                                .toList());
    }
}
