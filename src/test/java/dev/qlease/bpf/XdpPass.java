package dev.qlease.bpf;

import dev.qlease.bpf.asm.Alu;
import dev.qlease.bpf.asm.Assembler;
import dev.qlease.bpf.asm.Register;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Bpf;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An XDP program on a device, which lets all pass: what devices with device memory must not have. Closing takes it off.
 */
public final class XdpPass implements AutoCloseable {
    private final FileDescriptor link;

    private XdpPass(FileDescriptor link) {
        this.link = link;
    }

    /** Attaches one, in the mode that the driver has. */
    public static XdpPass attach(int ifindex) {
        byte[] code = new Assembler()
                .alu(Alu.MOV, Register.R0, Uapi.XDP_PASS())
                .exit()
                .assemble()
                .bytes();
        try (Arena arena = Arena.ofConfined();
                FileDescriptor program = load(arena, arena.allocateFrom(ValueLayout.JAVA_BYTE, code))) {
            MemorySegment attributes = BpfObject.attributes(arena);
            BpfField.LINK_PROG_FD.put(attributes, program.number());
            BpfField.LINK_TARGET_IFINDEX.put(attributes, ifindex);
            BpfField.LINK_ATTACH_TYPE.put(attributes, Uapi.BPF_XDP());
            return new XdpPass(created(Uapi.BPF_LINK_CREATE(), attributes, "link of an XDP program"));
        }
    }

    private static FileDescriptor load(Arena arena, MemorySegment code) {
        MemorySegment attributes = BpfObject.attributes(arena);
        BpfField.PROG_TYPE.put(attributes, Uapi.BPF_PROG_TYPE_XDP());
        BpfField.INSN_CNT.put(attributes, (int) (code.byteSize() / Long.BYTES));
        BpfField.INSNS.put(attributes, code);
        BpfField.LICENSE.put(attributes, arena.allocateFrom("GPL"));
        return created(Uapi.BPF_PROG_LOAD(), attributes, "XDP program");
    }

    private static FileDescriptor created(int command, MemorySegment attributes, String what) {
        return FileDescriptor.owning(LinuxException.check(Bpf.bpf(command, attributes), what), what);
    }

    @Override
    public void close() {
        link.close();
    }
}
