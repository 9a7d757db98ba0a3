package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * The mode of a netkit device: the packets that it carries; enum netkit_mode.
 *
 * @param value the kernel's number
 */
public record NetkitMode(int value) implements NamedValue {
    static final Names NAMES = Names.of("l2", "l3");

    /** Ethernet frames: both ends have hardware addresses. */
    public static final NetkitMode L2 = new NetkitMode(Uapi.NETKIT_L2());

    /** IP packets: no hardware addresses, no ARP. The default. */
    public static final NetkitMode L3 = new NetkitMode(Uapi.NETKIT_L3());

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
