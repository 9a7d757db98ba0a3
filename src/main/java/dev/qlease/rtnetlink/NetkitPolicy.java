package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;
import java.util.Map;

/**
 * What a netkit device does with packets that no BPF program decides on; enum netkit_action.
 *
 * @param value the kernel's number
 */
public record NetkitPolicy(int value) implements NamedValue {
    static final Names NAMES =
            Names.of(Map.of((long) Uapi.NETKIT_PASS(), "forward", (long) Uapi.NETKIT_DROP(), "blackhole"));

    /** They pass; NETKIT_PASS. The default. */
    public static final NetkitPolicy FORWARD = new NetkitPolicy(Uapi.NETKIT_PASS());

    /** They are dropped; NETKIT_DROP. */
    public static final NetkitPolicy BLACKHOLE = new NetkitPolicy(Uapi.NETKIT_DROP());

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
