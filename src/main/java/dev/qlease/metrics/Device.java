package dev.qlease.metrics;

import dev.qlease.rtnetlink.Link;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A device of a sample.
 *
 * @param ifindex its number; 0 if it was removed
 * @param name its name; empty if the sample does not have it
 * @param identity a text that differs for a device that took its ifindex
 */
public record Device(int ifindex, String name, String identity) {
    /** Stands for the device of page pools that outlived it. */
    static final Device REMOVED = new Device(0, "", "");

    static Device of(int ifindex, @Nullable Link link) {
        if (link == null) {
            return ifindex == 0 ? REMOVED : new Device(ifindex, "", Integer.toString(ifindex));
        }
        Object address = link.permAddress().or(link::address).orElse(null);
        return new Device(
                ifindex,
                link.ifname(),
                ifindex + "/" + link.ifname() + "/" + link.parentDevName().orElse("") + "/"
                        + Objects.toString(address));
    }

    /** Returns the name, or the ifindex if the name is not known; no device has such a name. */
    public String label() {
        return !name.isEmpty() ? name : ifindex == 0 ? "" : "ifindex:" + ifindex;
    }
}
