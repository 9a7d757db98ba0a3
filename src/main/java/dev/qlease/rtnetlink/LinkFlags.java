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

    /** An administrator wants it up. */
    public static final LinkFlags UP = new LinkFlags(Uapi.IFF_UP());

    /** It is a loopback device. */
    public static final LinkFlags LOOPBACK = new LinkFlags(Uapi.IFF_LOOPBACK());

    /** It is operational. */
    public static final LinkFlags RUNNING = new LinkFlags(Uapi.IFF_RUNNING());

    /** It has no neighbours to resolve. */
    public static final LinkFlags NOARP = new LinkFlags(Uapi.IFF_NOARP());

    /** It receives what is addressed to others, too. */
    public static final LinkFlags PROMISC = new LinkFlags(Uapi.IFF_PROMISC());

    /** Its carrier is there. */
    public static final LinkFlags LOWER_UP = new LinkFlags(Uapi.IFF_LOWER_UP());

    @Override
    public long number() {
        return Integer.toUnsignedLong(value);
    }

    @Override
    public Names names() {
        return NAMES;
    }

    /** Whether all of {@code flags} are set. */
    public boolean has(LinkFlags flags) {
        return (value & flags.value) == flags.value;
    }

    /** These and {@code added}. */
    public LinkFlags and(LinkFlags added) {
        return new LinkFlags(value | added.value);
    }

    @Override
    public String toString() {
        return text();
    }
}
