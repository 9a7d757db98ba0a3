package dev.qlease.bpf;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;

/** A program attached to a device. Closing it detaches the program, unless it was made permanent. */
public sealed interface Attachment extends AutoCloseable permits BpfLink, ClsactFilter {
    /**
     * Attaches a program by a BPF link, or as a filter on clsact if this kernel has no links for {@link
     * AttachType#TCX_INGRESS} or {@link AttachType#TCX_EGRESS}. The program may be closed afterwards.
     *
     * @param ifindex the device; for the netkit types the primary end of the pair
     * @param namespace the device's namespace
     * @throws LinuxException ENODEV if there is no such device, EPERM without CAP_NET_ADMIN
     * @throws UnsupportedException if this kernel cannot run programs at this hook
     */
    static Attachment attach(Program program, AttachType type, int ifindex, NetworkNamespace namespace) {
        try {
            return BpfLink.attach(program, type, ifindex, namespace);
        } catch (UnsupportedException e) {
            if (!type.isTcx()) {
                throw e;
            }
            return ClsactFilter.attach(program, type.equals(AttachType.TCX_INGRESS), ifindex, namespace);
        }
    }

    /** Returns the id of the attached program. */
    int programId();

    /**
     * Detaches the program from the device, unless it was made permanent. Idempotent.
     *
     * @throws LinuxException if the kernel refuses
     */
    @Override
    void close();
}
