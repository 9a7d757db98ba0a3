package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.sys.NativeAccess;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;
import java.util.Map;

/**
 * Where on a device a program is run; enum bpf_attach_type.
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
            (long) Uapi.BPF_NETKIT_PEER(), "netkit_peer"));

    /** What a device received, before the stack sees it. Since Linux 6.6. */
    public static final AttachType TCX_INGRESS = new AttachType(Uapi.BPF_TCX_INGRESS());

    /** What the stack sends over a device. Since Linux 6.6. */
    public static final AttachType TCX_EGRESS = new AttachType(Uapi.BPF_TCX_EGRESS());

    /** What the primary end of a netkit pair sends. Since Linux 6.7. */
    public static final AttachType NETKIT_PRIMARY = new AttachType(Uapi.BPF_NETKIT_PRIMARY());

    /**
     * What the peer of a netkit pair, the guest, sends: the program is run in the guest's sending call and sees the host's
     * devices. It is attached by the primary end's ifindex. Since Linux 6.7.
     */
    public static final AttachType NETKIT_PEER = new AttachType(Uapi.BPF_NETKIT_PEER());

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
