package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.sys.NativeAccess;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts BPF programs together, an instruction with each call; Documentation/bpf/standardization/instruction-set.rst.
 *
 * {@snippet :
 * Label done = new Label("done");
 * Code code = new Assembler()
 *         .alu(Alu.MOV, R0, 0)
 *         .jump(Condition.EQ, R1, 0, done)
 *         .alu(Alu.ADD, R0, 1)
 *         .bind(done)
 *         .exit()
 *         .assemble();
 * }
 *
 * <p>What can't be encoded is refused at once; whether the program is safe to run, the kernel's verifier says. Not safe for
 * use by several threads.
 */
public final class Assembler {
    static {
        NativeAccess.require();
    }

    private static final int WIDE = 64;
    private static final int NARROW = 32;

    /** A jump whose offset is known when all labels are. */
    private record Jump(int at, Label target) {}

    private final List<Instruction> instructions = new ArrayList<>();
    private final List<Jump> jumps = new ArrayList<>();
    private final Map<Label, Integer> places = new HashMap<>();

    /** No instruction yet. */
    public Assembler() {}

    private Assembler add(int code, Register dst, Register src, int offset, int imm) {
        instructions.add(new Instruction(code, dst, src, offset, imm));
        return this;
    }

    private static void checkWritable(Register register) {
        if (register == Register.R10) {
            throw new IllegalArgumentException("r10 is the end of the stack and can't be changed");
        }
    }

    /** {@code dst = dst op src}, in 64 bits. */
    public Assembler alu(Alu op, Register dst, Register src) {
        checkWritable(dst);
        return add(Uapi.BPF_ALU64() | op.code() | Uapi.BPF_X(), dst, src, 0, 0);
    }

    /**
     * {@code dst = dst op imm}, in 64 bits.
     *
     * @param imm extended by its sign
     * @throws IllegalArgumentException for a shift by less than 0 or more than 63 bits, or a division by 0
     */
    public Assembler alu(Alu op, Register dst, int imm) {
        checkOperand(op, imm, WIDE);
        checkWritable(dst);
        return add(Uapi.BPF_ALU64() | op.code() | Uapi.BPF_K(), dst, Register.R0, 0, imm);
    }

    /** {@code dst = dst op src}, in the lower 32 bits; the upper ones are 0 then. */
    public Assembler alu32(Alu op, Register dst, Register src) {
        checkWritable(dst);
        return add(Uapi.BPF_ALU() | op.code() | Uapi.BPF_X(), dst, src, 0, 0);
    }

    /**
     * {@code dst = dst op imm}, in the lower 32 bits; the upper ones are 0 then.
     *
     * @throws IllegalArgumentException for a shift by less than 0 or more than 31 bits, or a division by 0
     */
    public Assembler alu32(Alu op, Register dst, int imm) {
        checkOperand(op, imm, NARROW);
        checkWritable(dst);
        return add(Uapi.BPF_ALU() | op.code() | Uapi.BPF_K(), dst, Register.R0, 0, imm);
    }

    private static void checkOperand(Alu op, int imm, int bits) {
        if (op.isShift() && (imm < 0 || imm >= bits)) {
            throw new IllegalArgumentException(op + " of " + bits + " bits is by 0 to " + (bits - 1) + ", not " + imm);
        }
        if (op.isDivision() && imm == 0) {
            throw new IllegalArgumentException(op + " by 0");
        }
    }

    /** {@code dst = -dst}, in 64 bits. */
    public Assembler neg(Register dst) {
        checkWritable(dst);
        return add(Uapi.BPF_ALU64() | Uapi.BPF_NEG(), dst, Register.R0, 0, 0);
    }

    /** {@code dst = value}, of all 64 bits: two instructions. */
    public Assembler load64(Register dst, long value) {
        checkWritable(dst);
        add(Uapi.BPF_LD() | Uapi.BPF_IMM() | Uapi.BPF_DW(), dst, Register.R0, 0, (int) value);
        return add(0, Register.R0, Register.R0, 0, (int) (value >>> Integer.SIZE));
    }

    /**
     * Makes of the lower {@code bits} of {@code dst}, which are in the machine's byte order, a number in network byte order,
     * or the other way round; the upper ones are 0 then.
     *
     * @param bits 16, 32 or 64
     */
    public Assembler toBigEndian(Register dst, int bits) {
        return swap(Uapi.BPF_TO_BE(), dst, bits);
    }

    /**
     * The same as {@link #toBigEndian} for numbers whose lowest byte comes first.
     *
     * @param bits 16, 32 or 64
     */
    public Assembler toLittleEndian(Register dst, int bits) {
        return swap(Uapi.BPF_TO_LE(), dst, bits);
    }

    private Assembler swap(int order, Register dst, int bits) {
        if (bits != Short.SIZE && bits != NARROW && bits != WIDE) {
            throw new IllegalArgumentException("16, 32 or 64 bits have a byte order to change, not " + bits);
        }
        checkWritable(dst);
        return add(Uapi.BPF_ALU() | Uapi.BPF_END() | order, dst, Register.R0, 0, bits);
    }

    /** {@code dst = *(base + offset)}; of less than 8 bytes the upper bits are 0. */
    public Assembler load(Size size, Register dst, Register base, int offset) {
        checkWritable(dst);
        return add(Uapi.BPF_LDX() | size.code() | Uapi.BPF_MEM(), dst, base, offset, 0);
    }

    /** {@code *(base + offset) = src}. */
    public Assembler store(Size size, Register base, int offset, Register src) {
        return add(Uapi.BPF_STX() | size.code() | Uapi.BPF_MEM(), base, src, offset, 0);
    }

    /**
     * {@code *(base + offset) = imm}.
     *
     * @param imm extended by its sign for 8 bytes, cut for less than 4
     */
    public Assembler store(Size size, Register base, int offset, int imm) {
        return add(Uapi.BPF_ST() | size.code() | Uapi.BPF_MEM(), base, Register.R0, offset, imm);
    }

    /** Goes on at {@code target}. */
    public Assembler jump(Label target) {
        return jump(Uapi.BPF_JMP() | Uapi.BPF_JA(), Register.R0, Register.R0, 0, target);
    }

    /** Goes on at {@code target} if {@code a} compares so to {@code b}, in 64 bits. */
    public Assembler jump(Condition condition, Register a, Register b, Label target) {
        return jump(Uapi.BPF_JMP() | condition.code() | Uapi.BPF_X(), a, b, 0, target);
    }

    /**
     * Goes on at {@code target} if {@code a} compares so to {@code imm}, in 64 bits.
     *
     * @param imm extended by its sign, also where the comparison is unsigned
     */
    public Assembler jump(Condition condition, Register a, int imm, Label target) {
        return jump(Uapi.BPF_JMP() | condition.code() | Uapi.BPF_K(), a, Register.R0, imm, target);
    }

    /** Goes on at {@code target} if the lower 32 bits of {@code a} compare so to those of {@code b}. */
    public Assembler jump32(Condition condition, Register a, Register b, Label target) {
        return jump(Uapi.BPF_JMP32() | condition.code() | Uapi.BPF_X(), a, b, 0, target);
    }

    /** Goes on at {@code target} if the lower 32 bits of {@code a} compare so to {@code imm}. */
    public Assembler jump32(Condition condition, Register a, int imm, Label target) {
        return jump(Uapi.BPF_JMP32() | condition.code() | Uapi.BPF_K(), a, Register.R0, imm, target);
    }

    private Assembler jump(int code, Register dst, Register src, int imm, Label target) {
        jumps.add(new Jump(instructions.size(), target));
        return add(code, dst, src, 0, imm);
    }

    /** Calls a helper of the kernel, BPF_FUNC_: its arguments are R1 to R5, which are lost, its answer is R0. */
    public Assembler call(int helper) {
        return add(Uapi.BPF_JMP() | Uapi.BPF_CALL(), Register.R0, Register.R0, 0, helper);
    }

    /** Ends the program, which answers R0. */
    public Assembler exit() {
        return add(Uapi.BPF_JMP() | Uapi.BPF_EXIT(), Register.R0, Register.R0, 0, 0);
    }

    /**
     * Makes {@code label} the place of the next instruction.
     *
     * @throws IllegalArgumentException if it has a place already
     */
    public Assembler bind(Label label) {
        Integer before = places.putIfAbsent(label, instructions.size());
        if (before != null) {
            throw new IllegalArgumentException("label " + label + " is bound at instruction " + before
                    + " and can't be at " + instructions.size() + " too");
        }
        return this;
    }

    /**
     * The program, with all jumps' offsets.
     *
     * @throws IllegalStateException if a label that is jumped to has no place, or one behind the last instruction, or one too
     *     far away
     */
    public Code assemble() {
        List<Instruction> resolved = new ArrayList<>(instructions);
        for (Jump jump : jumps) {
            Instruction open = instructions.get(jump.at);
            int offset = offset(jump);
            resolved.set(jump.at, new Instruction(open.code(), open.dst(), open.src(), offset, open.imm()));
        }
        return new Code(resolved);
    }

    private int offset(Jump jump) {
        @Nullable Integer place = places.get(jump.target);
        String title = "the jump at instruction " + jump.at + " goes to label " + jump.target;
        if (place == null) {
            throw new IllegalStateException(title + ", which is bound nowhere");
        }
        if (place == instructions.size()) {
            throw new IllegalStateException(title + ", which is behind the last instruction");
        }
        int offset = place - jump.at - 1;
        if (offset != (short) offset) {
            throw new IllegalStateException(
                    title + ", " + offset + " instructions away: a jump reaches -32768 to 32767");
        }
        return offset;
    }
}
