package dev.qlease.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One instruction, struct bpf_insn of linux/bpf.h; a 64-bit constant takes two.
 *
 * @param code class, operation and kind of source
 * @param dst the register that is changed or compared
 * @param src the second register
 * @param offset of memory or of a jump's target, 16 bits signed
 * @param imm the constant
 */
public record Instruction(int code, Register dst, Register src, int offset, int imm) {
    /** Bytes of one. */
    public static final int SIZE = 8;

    /** Checks that all fits. */
    public Instruction {
        if (code != (code & 0xff)) {
            throw new IllegalArgumentException("an instruction's code has 8 bits: 0x" + Integer.toHexString(code));
        }
        if (offset != (short) offset) {
            throw new IllegalArgumentException("an instruction's offset is -32768 to 32767, not " + offset);
        }
    }

    /** Appends it to {@code bytes}, in whose byte order the kernel is. */
    void encode(ByteBuffer bytes) {
        // The two registers are bit fields, and the compiler puts the first in the low bits or in the high ones.
        int low = bytes.order() == ByteOrder.LITTLE_ENDIAN ? dst.number() : src.number();
        int high = bytes.order() == ByteOrder.LITTLE_ENDIAN ? src.number() : dst.number();
        bytes.put((byte) code)
                .put((byte) (high << 4 | low))
                .putShort((short) offset)
                .putInt(imm);
    }
}
