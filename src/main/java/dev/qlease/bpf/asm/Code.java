package dev.qlease.bpf.asm;

import dev.qlease.ffi.uapi.Uapi;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The instructions of a program, assembled by {@link Assembler}. Immutable.
 *
 * @param instructions the instructions, in order
 */
public record Code(List<Instruction> instructions) {
    private static final int LOAD_WIDE = Uapi.BPF_LD() | Uapi.BPF_IMM() | Uapi.BPF_DW();

    /** Copies the list. */
    public Code {
        instructions = List.copyOf(instructions);
    }

    /**
     * Returns the encoded instructions, in this machine's byte order.
     *
     * @param maps descriptors of the maps, by the indexes that were passed to {@link Assembler#loadMap}
     * @throws IndexOutOfBoundsException if the program loads a map that is not among them
     */
    public byte[] bytes(int... maps) {
        return bytes(ByteOrder.nativeOrder(), maps);
    }

    byte[] bytes(ByteOrder order, int... maps) {
        ByteBuffer bytes =
                ByteBuffer.allocate(instructions.size() * Instruction.SIZE).order(order);
        instructions.forEach(instruction -> resolved(instruction, maps).encode(bytes));
        return bytes.array();
    }

    private static Instruction resolved(Instruction instruction, int... maps) {
        if (instruction.code() != LOAD_WIDE || instruction.src().number() != Uapi.BPF_PSEUDO_MAP_FD()) {
            return instruction;
        }
        return new Instruction(LOAD_WIDE, instruction.dst(), instruction.src(), 0, maps[instruction.imm()]);
    }
}
