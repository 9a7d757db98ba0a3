package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * What a netkit device does with the mark and priority of packets that come from another namespace; enum
 * netkit_scrub.
 *
 * @param value the kernel's number
 */
public record NetkitScrub(int value) implements NamedValue {
    static final Names NAMES = Names.of("none", "default");

    /** They are kept, for the BPF program to read or clear. */
    public static final NetkitScrub NONE = new NetkitScrub(Uapi.NETKIT_SCRUB_NONE());

    /** They are zeroed before the BPF program runs. The default. */
    public static final NetkitScrub DEFAULT = new NetkitScrub(Uapi.NETKIT_SCRUB_DEFAULT());

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
