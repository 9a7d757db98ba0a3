package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.sys.NativeAccess;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;
import java.util.Map;

/**
 * The kind of attachment of a BPF link; enum bpf_link_type.
 *
 * @param value the kernel's number
 */
public record BpfLinkType(int value) implements NamedValue {
    static {
        NativeAccess.require();
    }

    static final Names NAMES = Names.of(Map.of(
            (long) Uapi.BPF_LINK_TYPE_TCX(), "tcx",
            (long) Uapi.BPF_LINK_TYPE_NETKIT(), "netkit",
            (long) Uapi.BPF_LINK_TYPE_XDP(), "xdp"));

    /** A program on the traffic of a device, in one direction. */
    public static final BpfLinkType TCX = new BpfLinkType(Uapi.BPF_LINK_TYPE_TCX());

    /** A program on one direction of a netkit pair. */
    public static final BpfLinkType NETKIT = new BpfLinkType(Uapi.BPF_LINK_TYPE_NETKIT());

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
