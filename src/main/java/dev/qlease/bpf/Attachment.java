package dev.qlease.bpf;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import org.jspecify.annotations.Nullable;

/** A program's place on a device. Closing it takes the program from there, unless it was said to stay. */
public sealed interface Attachment extends AutoCloseable permits BpfLink, ClsactFilter {
    /**
     * Attaches a program by a BPF link; where this kernel has none at {@link AttachType#TCX_INGRESS} or
     * {@link AttachType#TCX_EGRESS}, as a filter on clsact. The program may be closed then.
     *
     * @param ifindex the device; for the netkit types the primary end of the pair
     * @param namespace the device's; null for the calling thread's
     * @throws LinuxException ENODEV if there is no such device, EPERM without CAP_NET_ADMIN
     * @throws UnsupportedException if this kernel can't run programs there
     */
    static Attachment attach(Program program, AttachType type, int ifindex, @Nullable NetworkNamespace namespace) {
        try {
            return BpfLink.attach(program, type, ifindex, namespace);
        } catch (UnsupportedException e) {
            if (!type.isTcx()) {
                throw e;
            }
            return ClsactFilter.attach(program, type.equals(AttachType.TCX_INGRESS), ifindex, namespace);
        }
    }

    /** The number of the program that is attached. */
    int programId();

    /**
     * Takes the program from the device, unless it was said to stay. Does nothing again.
     *
     * @throws LinuxException if the kernel refuses
     */
    @Override
    void close();
}
