package dev.qlease.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The instructions of a program, as {@link Assembler} puts them together and {@link Program} loads them.
 *
 * @param instructions in their order
 */
public record Code(List<Instruction> instructions) {
    /** Copies the list. */
    public Code {
        instructions = List.copyOf(instructions);
    }

    /** As the kernel of this machine reads them. */
    public byte[] bytes() {
        return bytes(ByteOrder.nativeOrder());
    }

    byte[] bytes(ByteOrder order) {
        ByteBuffer bytes =
                ByteBuffer.allocate(instructions.size() * Instruction.SIZE).order(order);
        instructions.forEach(instruction -> instruction.encode(bytes));
        return bytes.array();
    }
}
