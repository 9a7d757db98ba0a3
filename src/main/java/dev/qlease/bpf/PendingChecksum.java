package dev.qlease.bpf;

import static dev.qlease.bpf.asm.Register.R0;
import static dev.qlease.bpf.asm.Register.R1;
import static dev.qlease.bpf.asm.Register.R6;
import static dev.qlease.bpf.asm.Register.R9;

import dev.qlease.bpf.asm.Alu;
import dev.qlease.bpf.asm.Condition;
import dev.qlease.bpf.asm.Label;
import dev.qlease.bpf.asm.Size;
import dev.qlease.linux.UnsupportedException;

/**
 * Checks where the kernel or the NIC will write a packet's checksum after the programs have seen it: CHECKSUM_PARTIAL.
 * A packet socket with PACKET_VNET_HDR chooses the position and, by the bytes after csum_start, the value;
 * net/packet/af_packet.c. In a header that has been checked, for instance in the source address, the checksum would
 * replace what was checked. It is written csum_offset bytes after csum_start. The offset is unsigned, so a start after
 * a header protects that header.
 *
 * <p>No field of struct __sk_buff contains the position, so the programs read struct sk_buff. R6 holds the packet, R9
 * the offset at which the checksum starts.
 */
final class PendingChecksum {
    /** Greater than any offset: the packet's checksum is complete. */
    private static final int NONE = Integer.MAX_VALUE;

    /** CHECKSUM_PARTIAL; linux/skbuff.h. */
    private static final int PARTIAL = 3;

    private final PacketCode packet;
    private final int cast;
    private final KernelTypes.BitField state;
    private final int start;
    private final int macHeader;

    /** @throws UnsupportedException if the kernel has no information about its types (CONFIG_DEBUG_INFO_BTF) */
    PendingChecksum(PacketCode packet) {
        this.packet = packet;
        KernelTypes types = KernelTypes.ofKernel();
        cast = types.function("bpf_cast_to_kern_ctx");
        state = types.bitField("sk_buff", "ip_summed");
        start = types.offset("sk_buff", "csum_start");
        macHeader = types.offset("sk_buff", "mac_header");
    }

    /**
     * Loads into R9 the signed offset from the Ethernet header at which a pending checksum starts, or {@link #NONE}.
     */
    void load() {
        Label loaded = new Label("checksum loaded");
        packet.code
                .alu(Alu.MOV, R1, R6)
                .callFunction(cast)
                .alu(Alu.MOV, R9, NONE)
                .load(Size.B, R1, R0, state.offset())
                .alu(Alu.RSH, R1, state.shift())
                .alu(Alu.AND, R1, state.mask())
                .jump(Condition.NE, R1, PARTIAL, loaded)
                // Both are relative to skb->head. The kernel sets mac_header before programs of netkit and tcx run.
                .load(Size.H, R9, R0, start)
                .load(Size.H, R1, R0, macHeader)
                .alu(Alu.SUB, R9, R1)
                .bind(loaded);
    }

    /** Drops a packet with a pending checksum; for protocols whose checksum the stack always completes itself. */
    void requireNone() {
        packet.code.jump(Condition.NE, R9, NONE, packet.drop(DropReason.MALFORMED));
    }

    /** Drops a packet whose pending checksum starts before {@code offset}. */
    void requireBehind(int offset) {
        packet.code.jump(Condition.SLT, R9, offset, packet.drop(DropReason.MALFORMED));
    }

    /** Drops a packet whose pending checksum starts before the offset in R1. */
    void requireBehindR1() {
        packet.code.jump(Condition.SLT, R9, R1, packet.drop(DropReason.MALFORMED));
    }
}
