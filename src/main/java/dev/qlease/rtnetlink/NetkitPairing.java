package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * Whether a netkit device has a peer; enum netkit_pairing.
 *
 * @param value the kernel's number
 */
public record NetkitPairing(int value) implements NamedValue {
    static final Names NAMES = Names.of("pair", "single");

    /** It is one end of a pair. The default. */
    public static final NetkitPairing PAIR = new NetkitPairing(Uapi.NETKIT_DEVICE_PAIR());

    /** It has no peer. */
    public static final NetkitPairing SINGLE = new NetkitPairing(Uapi.NETKIT_DEVICE_SINGLE());

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
