package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * Where an XDP program is attached to a link; XDP_ATTACHED_ in linux/if_link.h.
 *
 * @param value the kernel's number
 */
public record XdpAttached(int value) implements NamedValue {
    static final Names NAMES = Names.of("none", "drv", "skb", "hw", "multi");

    /** Nowhere. */
    public static final XdpAttached NONE = new XdpAttached(Uapi.XDP_ATTACHED_NONE());

    /** In the driver. */
    public static final XdpAttached DRV = new XdpAttached(Uapi.XDP_ATTACHED_DRV());

    /** In the generic path, after the socket buffer is allocated. */
    public static final XdpAttached SKB = new XdpAttached(Uapi.XDP_ATTACHED_SKB());

    /** In the device. */
    public static final XdpAttached HW = new XdpAttached(Uapi.XDP_ATTACHED_HW());

    /** In several places. */
    public static final XdpAttached MULTI = new XdpAttached(Uapi.XDP_ATTACHED_MULTI());

    @Override
    public long number() {
        return Integer.toUnsignedLong(value);
    }

    @Override
    public Names names() {
        return NAMES;
    }

    @Override
    public String toString() {
        return text();
    }
}
