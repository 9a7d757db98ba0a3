package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.sys.NativeAccess;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;
import java.util.Map;

/**
 * The hook that runs a program; enum bpf_attach_type.
 *
 * @param value the kernel's number
 */
public record AttachType(int value) implements NamedValue {
    static {
        NativeAccess.require();
    }

    static final Names NAMES = Names.of(Map.of(
            (long) Uapi.BPF_TCX_INGRESS(), "tcx_ingress",
            (long) Uapi.BPF_TCX_EGRESS(), "tcx_egress",
            (long) Uapi.BPF_NETKIT_PRIMARY(), "netkit_primary",
            (long) Uapi.BPF_NETKIT_PEER(), "netkit_peer",
            (long) Uapi.BPF_NETFILTER(), "netfilter"));

    /** Packets that a device receives, before the stack sees them. Since Linux 6.6. */
    public static final AttachType TCX_INGRESS = new AttachType(Uapi.BPF_TCX_INGRESS());

    /** Packets that the stack sends through a device. Since Linux 6.6. */
    public static final AttachType TCX_EGRESS = new AttachType(Uapi.BPF_TCX_EGRESS());

    /** Packets sent by the primary end of a netkit pair. Since Linux 6.7. */
    public static final AttachType NETKIT_PRIMARY = new AttachType(Uapi.BPF_NETKIT_PRIMARY());

    /**
     * Packets sent by the peer of a netkit pair, the guest. The program runs in the guest's send call but sees the
     * host's devices. Attach it by the ifindex of the primary end. Since Linux 6.7.
     */
    public static final AttachType NETKIT_PEER = new AttachType(Uapi.BPF_NETKIT_PEER());

    /** The netfilter hooks, which belong to a network namespace rather than to a device. Since Linux 6.4. */
    public static final AttachType NETFILTER = new AttachType(Uapi.BPF_NETFILTER());

    boolean isTcx() {
        return equals(TCX_INGRESS) || equals(TCX_EGRESS);
    }

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
