package dev.qlease.bpf.asm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One instruction, struct bpf_insn of linux/bpf.h; a 64-bit constant takes two.
 *
 * @param code the operation code: class, operation and kind of source
 * @param dst the register that is changed or compared first
 * @param src the second register
 * @param offset the offset of memory or of a jump's target, 16 bits, signed
 * @param imm the immediate value
 */
public record Instruction(int code, Register dst, Register src, int offset, int imm) {
    /** Size of an instruction in bytes. */
    public static final int SIZE = 8;

    /** Checks that code and offset fit. */
    public Instruction {
        if (code != (code & 0xff)) {
            throw new IllegalArgumentException("an instruction's code has 8 bits: 0x" + Integer.toHexString(code));
        }
        if (offset != (short) offset) {
            throw new IllegalArgumentException("an instruction's offset is -32768 to 32767, not " + offset);
        }
    }

    /** Appends the instruction to {@code bytes}, in the buffer's byte order. */
    void encode(ByteBuffer bytes) {
        // The registers are bit fields: the first is in the low bits on little-endian machines, else in the high bits.
        int low = bytes.order() == ByteOrder.LITTLE_ENDIAN ? dst.number() : src.number();
        int high = bytes.order() == ByteOrder.LITTLE_ENDIAN ? src.number() : dst.number();
        bytes.put((byte) code)
                .put((byte) (high << 4 | low))
                .putShort((short) offset)
                .putInt(imm);
    }
}
