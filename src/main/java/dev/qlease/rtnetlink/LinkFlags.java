package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * Flags of a link; IFF_ in linux/if.h, netdevice(7).
 *
 * @param value the kernel's number
 */
public record LinkFlags(int value) implements NamedValue {
    static final Names NAMES = Names.ofBits(
            "up",
            "broadcast",
            "debug",
            "loopback",
            "point-to-point",
            "no-trailers",
            "running",
            "no-arp",
            "promisc",
            "all-multi",
            "master",
            "slave",
            "multicast",
            "portsel",
            "auto-media",
            "dynamic",
            "lower-up",
            "dormant",
            "echo");

    /** It is administratively up. */
    public static final LinkFlags UP = new LinkFlags(Uapi.IFF_UP());

    /** It is a loopback device. */
    public static final LinkFlags LOOPBACK = new LinkFlags(Uapi.IFF_LOOPBACK());

    /** It is operational. */
    public static final LinkFlags RUNNING = new LinkFlags(Uapi.IFF_RUNNING());

    /** It has no neighbour resolution. */
    public static final LinkFlags NOARP = new LinkFlags(Uapi.IFF_NOARP());

    /** It is promiscuous: it also receives packets addressed to others. */
    public static final LinkFlags PROMISC = new LinkFlags(Uapi.IFF_PROMISC());

    /** It has a carrier. */
    public static final LinkFlags LOWER_UP = new LinkFlags(Uapi.IFF_LOWER_UP());

    @Override
    public long number() {
        return Integer.toUnsignedLong(value);
    }

    @Override
    public Names names() {
        return NAMES;
    }

    /** Returns whether all of {@code flags} are set. */
    public boolean has(LinkFlags flags) {
        return (value & flags.value) == flags.value;
    }

    /** Returns these flags and {@code added}. */
    public LinkFlags and(LinkFlags added) {
        return new LinkFlags(value | added.value);
    }

    @Override
    public String toString() {
        return text();
    }
}
