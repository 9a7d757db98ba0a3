package dev.qlease.bpf;

import static dev.qlease.bpf.PacketCode.SCRATCH;
import static dev.qlease.bpf.asm.Register.R0;
import static dev.qlease.bpf.asm.Register.R1;
import static dev.qlease.bpf.asm.Register.R10;
import static dev.qlease.bpf.asm.Register.R2;
import static dev.qlease.bpf.asm.Register.R6;
import static dev.qlease.bpf.asm.Register.R7;
import static dev.qlease.bpf.asm.Register.R8;
import static dev.qlease.bpf.asm.Register.R9;

import dev.qlease.bpf.asm.Alu;
import dev.qlease.bpf.asm.Assembler;
import dev.qlease.bpf.asm.Condition;
import dev.qlease.bpf.asm.Label;
import dev.qlease.bpf.asm.Size;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.UnsupportedException;

/**
 * The program that keeps the forwarding that a lease needs from exposing the host's other networks. Packets from a
 * guest are forwarded only to its lease's NIC and to other guests, packets from a NIC only to guests, and packets from
 * other devices never to a guest. Packets that other devices forward among themselves or to NICs pass.
 *
 * <p>It runs at netfilter's forward hook, after the kernel has chosen the device by which a packet leaves, whatever
 * rules, routing tables, fragments and extension headers are involved. It serves a whole network namespace, by one link
 * of {@link BpfLink#attachToForwarding} for IPv4 and one for IPv6, each with its own map of devices, since forwarding
 * may already have been enabled on a NIC for one of the two. A NIC in a VRF appears as its VRF device and is not
 * guarded.
 */
public final class ForwardGuard {
    private static final String NAME = "qlease_forward";
    private static final int DEVICES = 0;
    private static final int COUNTERS = 1;

    /** More than there are queues to lease. */
    private static final int MOST_DEVICES = 4096;

    /** The value of a NIC in the map of devices. The value of a guest's primary end is the ifindex of its NIC. */
    private static final long NIC = 0;

    private static final int NF_DROP = 0;
    private static final int NF_ACCEPT = 1;

    /** struct bpf_nf_ctx begins with the hook's state; net/netfilter/nf_bpf_link.h. */
    private static final int CONTEXT_STATE = 0;

    private ForwardGuard() {}

    /** Creates an empty map of guarded devices; the caller closes it. */
    public static BpfMap devices() {
        return BpfMap.hash("qlease_devices", MOST_DEVICES);
    }

    /**
     * Guards {@code hostIfindex}, the primary end of a guest's pair: its packets are forwarded only to {@code
     * nicIfindex} and to guests.
     */
    public static void addGuest(BpfMap devices, int hostIfindex, int nicIfindex) {
        devices.put(hostIfindex, nicIfindex);
    }

    /** Guards {@code nicIfindex}: its packets are forwarded only to guests. */
    public static void addNic(BpfMap devices, int nicIfindex) {
        devices.put(nicIfindex, NIC);
    }

    /**
     * Returns the program.
     *
     * @param devices a map created by {@link #devices()}
     * @param counters a map created by {@link DropReason#counters()}
     * @throws UnsupportedException if the kernel has no information about its types (CONFIG_DEBUG_INFO_BTF)
     */
    public static ProgramSpec program(BpfMap devices, BpfMap counters) {
        KernelTypes types = KernelTypes.ofKernel();
        int in = types.offset("nf_hook_state", "in");
        int out = types.offset("nf_hook_state", "out");
        int ifindex = types.offset("net_device", "ifindex");
        return ProgramSpec.ofNetfilter(NAME, assemble(in, out, ifindex).assemble(), devices, counters);
    }

    private static Assembler assemble(int in, int out, int ifindex) {
        Label accept = new Label("accept");
        Label guarded = new Label("guarded");
        Label drop = new Label("drop");
        Label count = new Label("count");
        Label uncounted = new Label("uncounted");
        Assembler code = new Assembler()
                .load(Size.DW, R6, R1, CONTEXT_STATE)
                .load(Size.DW, R1, R6, out)
                .load(Size.W, R7, R1, ifindex)
                .load(Size.DW, R1, R6, in)
                .load(Size.W, R9, R1, ifindex)
                .store(Size.W, R10, SCRATCH, R9);
        lookUp(code, DEVICES);
        code.jump(Condition.NE, R0, 0, guarded).store(Size.W, R10, SCRATCH, R7);
        lookUp(code, DEVICES);
        code.jump(Condition.EQ, R0, 0, accept)
                .load(Size.DW, R8, R0, 0)
                .jump(Condition.EQ, R8, (int) NIC, accept)
                // A guest's NIC is not guarded if forwarding was already enabled on it.
                .jump(Condition.EQ, R8, R9, accept)
                .store(Size.W, R10, SCRATCH, DropReason.FORWARDED_TO_GUEST.key())
                .jump(count)
                .bind(guarded)
                .load(Size.DW, R8, R0, 0)
                .jump(Condition.EQ, R8, R7, accept)
                .store(Size.W, R10, SCRATCH, R7);
        lookUp(code, DEVICES);
        code.jump(Condition.EQ, R0, 0, drop)
                .load(Size.DW, R1, R0, 0)
                .jump(Condition.EQ, R1, (int) NIC, drop)
                .bind(accept)
                .alu(Alu.MOV, R0, NF_ACCEPT)
                .exit()
                .bind(drop)
                .store(Size.W, R10, SCRATCH, DropReason.FORWARDED_FROM_NIC.key())
                .jump(Condition.EQ, R8, (int) NIC, count)
                .store(Size.W, R10, SCRATCH, DropReason.FORWARDED_FROM_GUEST.key())
                .bind(count);
        lookUp(code, COUNTERS);
        return code.jump(Condition.EQ, R0, 0, uncounted)
                .alu(Alu.MOV, R1, 1)
                .atomicAdd(Size.DW, R0, 0, R1)
                .bind(uncounted)
                .alu(Alu.MOV, R0, NF_DROP)
                .exit();
    }

    /** Looks up the key in SCRATCH; leaves the address of its value in R0, or 0 if there is none. */
    private static void lookUp(Assembler code, int map) {
        code.loadMap(R1, map).alu(Alu.MOV, R2, R10).alu(Alu.ADD, R2, SCRATCH).call(Uapi.BPF_FUNC_map_lookup_elem());
    }
}
