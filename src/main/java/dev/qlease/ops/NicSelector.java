package dev.qlease.ops;

import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.rtnetlink.Link;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How a file names a NIC.
 *
 * @param kind what is named
 * @param value its value
 */
record NicSelector(Kind kind, String value) {
    /** What names a NIC. */
    enum Kind {
        /** A name or an alternative name. */
        NAME("name"),
        /** The address on the PCI bus, such as 0000:01:00.0. */
        PCI_ADDRESS("pci-address"),
        /** The permanent hardware address. */
        PERMANENT_ADDRESS("permanent-address"),
        /** The name of the driver, of which there must be one device only. */
        DRIVER("driver");

        private final String field;

        Kind(String field) {
            this.field = field;
        }

        /** Returns the name of the field in files. */
        String field() {
            return field;
        }
    }

    /**
     * Finds the NIC.
     *
     * @throws OpsException if there is none, or there are several
     */
    Link find(NamespaceSockets home) {
        if (kind == Kind.NAME) {
            return home.findLink(value)
                    .orElseThrow(() -> notFound("no device \"" + value + "\"; qlease links lists all devices"));
        }
        List<Link> found = home.rtnetlink().links().list().stream()
                .filter(link -> matches(home, link))
                .toList();
        if (found.isEmpty()) {
            throw notFound("no device with " + kind.field() + " " + value + "; qlease links lists all devices");
        }
        if (found.size() > 1) {
            throw notFound("several devices have " + kind.field() + " " + value + ": "
                    + String.join(", ", found.stream().map(Link::ifname).toList()) + "; name one of them");
        }
        return found.getFirst();
    }

    private static OpsException notFound(String sentence) {
        return new OpsException(OpsException.Reason.NOT_FOUND, sentence);
    }

    private boolean matches(NamespaceSockets home, Link link) {
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
        };
    }

    private static Optional<String> driver(NamespaceSockets home, Link link) {
        Optional<Path> directory = home.deviceDirectory(link.ifname());
        if (directory.isEmpty()) {
            throw new OpsException(
                    OpsException.Reason.NOT_FOUND,
                    "the drivers of devices cannot be read without CAP_SYS_ADMIN; run it as root");
        }
        try {
            String driver = KernelFiles.readLink(directory.get().resolve("device/driver"));
            return Optional.of(driver.substring(driver.lastIndexOf('/') + 1));
        } catch (LinuxException e) {
            // A device without hardware has no driver.
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return kind == Kind.NAME ? value : kind.field() + " " + value;
    }
}
