package dev.qlease.bpf.asm;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.sys.NativeAccess;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Assembles BPF programs, one instruction per call; Documentation/bpf/standardization/instruction-set.rst.
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
 * <p>An instruction that cannot be encoded is refused at once; whether the program is safe to run is decided by the
 * kernel's verifier. Not thread-safe.
 */
public final class Assembler {
    static {
        NativeAccess.require();
    }

    private static final int WIDE = 64;
    private static final int NARROW = 32;

    /** BPF_PSEUDO_KFUNC_CALL, 2, in the place of the source register; linux/bpf.h. */
    private static final Register FUNCTION_BY_TYPE = Register.R2;

    /** A jump whose offset is resolved once all labels are bound. */
    private record Jump(int at, Label target) {}

    private final List<Instruction> instructions = new ArrayList<>();
    private final List<Jump> jumps = new ArrayList<>();
    private final Map<Label, Integer> places = new HashMap<>();

    /** Creates an assembler without instructions. */
    public Assembler() {}

    private Assembler add(int code, Register dst, Register src, int offset, int imm) {
        instructions.add(new Instruction(code, dst, src, offset, imm));
        return this;
    }

    private static void checkWritable(Register register) {
        if (register == Register.R10) {
            throw new IllegalArgumentException("r10 is the end of the stack and cannot be changed");
        }
    }

    /** Appends {@code dst = dst op src}, in 64 bits. */
    public Assembler alu(Alu op, Register dst, Register src) {
        checkWritable(dst);
        return add(Uapi.BPF_ALU64() | op.code() | Uapi.BPF_X(), dst, src, 0, 0);
    }

    /**
     * Appends {@code dst = dst op imm}, in 64 bits.
     *
     * @param imm sign-extended
     * @throws IllegalArgumentException for a shift by less than 0 or more than 63 bits, or a division by 0
     */
    public Assembler alu(Alu op, Register dst, int imm) {
        checkOperand(op, imm, WIDE);
        checkWritable(dst);
        return add(Uapi.BPF_ALU64() | op.code() | Uapi.BPF_K(), dst, Register.R0, 0, imm);
    }

    /** Appends {@code dst = dst op src}, in the lower 32 bits; clears the upper ones. */
    public Assembler alu32(Alu op, Register dst, Register src) {
        checkWritable(dst);
        return add(Uapi.BPF_ALU() | op.code() | Uapi.BPF_X(), dst, src, 0, 0);
    }

    /**
     * Appends {@code dst = dst op imm}, in the lower 32 bits; clears the upper ones.
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
            throw new IllegalArgumentException(
                    op + " shifts " + bits + " bits by 0 to " + (bits - 1) + ", not by " + imm);
        }
        if (op.isDivision() && imm == 0) {
            throw new IllegalArgumentException(op + " by 0");
        }
    }

    /** Appends {@code dst = -dst}, in 64 bits. */
    public Assembler neg(Register dst) {
        checkWritable(dst);
        return add(Uapi.BPF_ALU64() | Uapi.BPF_NEG(), dst, Register.R0, 0, 0);
    }

    /** Appends {@code dst = value}, in 64 bits: two instructions. */
    public Assembler load64(Register dst, long value) {
        checkWritable(dst);
        add(Uapi.BPF_LD() | Uapi.BPF_IMM() | Uapi.BPF_DW(), dst, Register.R0, 0, (int) value);
        return add(0, Register.R0, Register.R0, 0, (int) (value >>> Integer.SIZE));
    }

    /**
     * Loads the address of a map into {@code dst}: two instructions.
     *
     * @param map its index among the maps that are passed to {@link Code#bytes}
     */
    public Assembler loadMap(Register dst, int map) {
        checkWritable(dst);
        add(Uapi.BPF_LD() | Uapi.BPF_IMM() | Uapi.BPF_DW(), dst, Register.R1, 0, map);
        return add(0, Register.R0, Register.R0, 0, 0);
    }

    /**
     * Adds {@code src} to the number at {@code base + offset}, atomically.
     *
     * @throws IllegalArgumentException for a size other than 4 or 8 bytes
     */
    public Assembler atomicAdd(Size size, Register base, int offset, Register src) {
        if (size != Size.W && size != Size.DW) {
            throw new IllegalArgumentException("atomic operations are on 4 or 8 bytes, not on size " + size);
        }
        return add(Uapi.BPF_STX() | size.code() | Uapi.BPF_ATOMIC(), base, src, offset, Uapi.BPF_ADD());
    }

    /**
     * Converts the lower {@code bits} of {@code dst} from the machine's byte order to network byte order, or back;
     * clears the upper ones.
     *
     * @param bits 16, 32 or 64
     */
    public Assembler toBigEndian(Register dst, int bits) {
        return swap(Uapi.BPF_TO_BE(), dst, bits);
    }

    /**
     * Converts like {@link #toBigEndian}, but to or from little-endian byte order.
     *
     * @param bits 16, 32 or 64
     */
    public Assembler toLittleEndian(Register dst, int bits) {
        return swap(Uapi.BPF_TO_LE(), dst, bits);
    }

    private Assembler swap(int order, Register dst, int bits) {
        if (bits != Short.SIZE && bits != NARROW && bits != WIDE) {
            throw new IllegalArgumentException("the byte order of 16, 32 or 64 bits is converted, not of " + bits);
        }
        checkWritable(dst);
        return add(Uapi.BPF_ALU() | Uapi.BPF_END() | order, dst, Register.R0, 0, bits);
    }

    /** Appends {@code dst = *(base + offset)}; for less than 8 bytes, clears the upper bits. */
    public Assembler load(Size size, Register dst, Register base, int offset) {
        checkWritable(dst);
        return add(Uapi.BPF_LDX() | size.code() | Uapi.BPF_MEM(), dst, base, offset, 0);
    }

    /** Appends {@code *(base + offset) = src}. */
    public Assembler store(Size size, Register base, int offset, Register src) {
        return add(Uapi.BPF_STX() | size.code() | Uapi.BPF_MEM(), base, src, offset, 0);
    }

    /**
     * Appends {@code *(base + offset) = imm}.
     *
     * @param imm sign-extended for 8 bytes, truncated for less than 4
     */
    public Assembler store(Size size, Register base, int offset, int imm) {
        return add(Uapi.BPF_ST() | size.code() | Uapi.BPF_MEM(), base, Register.R0, offset, imm);
    }

    /** Jumps to {@code target}. */
    public Assembler jump(Label target) {
        return jump(Uapi.BPF_JMP() | Uapi.BPF_JA(), Register.R0, Register.R0, 0, target);
    }

    /** Jumps to {@code target} if the 64-bit comparison of {@code a} with {@code b} is true. */
    public Assembler jump(Condition condition, Register a, Register b, Label target) {
        return jump(Uapi.BPF_JMP() | condition.code() | Uapi.BPF_X(), a, b, 0, target);
    }

    /**
     * Jumps to {@code target} if the 64-bit comparison of {@code a} with {@code imm} is true.
     *
     * @param imm sign-extended, even if the comparison is unsigned
     */
    public Assembler jump(Condition condition, Register a, int imm, Label target) {
        return jump(Uapi.BPF_JMP() | condition.code() | Uapi.BPF_K(), a, Register.R0, imm, target);
    }

    /** Jumps to {@code target} if the comparison of the lower 32 bits of {@code a} and {@code b} is true. */
    public Assembler jump32(Condition condition, Register a, Register b, Label target) {
        return jump(Uapi.BPF_JMP32() | condition.code() | Uapi.BPF_X(), a, b, 0, target);
    }

    /** Jumps to {@code target} if the comparison of the lower 32 bits of {@code a} with {@code imm} is true. */
    public Assembler jump32(Condition condition, Register a, int imm, Label target) {
        return jump(Uapi.BPF_JMP32() | condition.code() | Uapi.BPF_K(), a, Register.R0, imm, target);
    }

    private Assembler jump(int code, Register dst, Register src, int imm, Label target) {
        jumps.add(new Jump(instructions.size(), target));
        return add(code, dst, src, 0, imm);
    }

    /** Calls a kernel helper, BPF_FUNC_: its arguments are R1 to R5, which are clobbered; its result is in R0. */
    public Assembler call(int helper) {
        return add(Uapi.BPF_JMP() | Uapi.BPF_CALL(), Register.R0, Register.R0, 0, helper);
    }

    /**
     * Calls a kernel function that is open to programs (kfunc), as {@link #call} calls a helper;
     * Documentation/bpf/kfuncs.rst.
     *
     * @param type the id of the function's type in the running kernel
     */
    public Assembler callFunction(int type) {
        return add(Uapi.BPF_JMP() | Uapi.BPF_CALL(), Register.R0, FUNCTION_BY_TYPE, 0, type);
    }

    /** Ends the program with the result in R0. */
    public Assembler exit() {
        return add(Uapi.BPF_JMP() | Uapi.BPF_EXIT(), Register.R0, Register.R0, 0, 0);
    }

    /**
     * Binds {@code label} to the next instruction.
     *
     * @throws IllegalArgumentException if it is already bound
     */
    public Assembler bind(Label label) {
        Integer before = places.putIfAbsent(label, instructions.size());
        if (before != null) {
            throw new IllegalArgumentException("label " + label + " is already bound at instruction " + before
                    + " and cannot also be bound at " + instructions.size());
        }
        return this;
    }

    /**
     * Returns the program, with the offsets of all jumps resolved.
     *
     * @throws IllegalStateException if the label of a jump is not bound, is bound after the last instruction, or is too
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
            throw new IllegalStateException(title + ", which is not bound");
        }
        if (place == instructions.size()) {
            throw new IllegalStateException(title + ", which is after the last instruction");
        }
        int offset = place - jump.at - 1;
        if (offset != (short) offset) {
            throw new IllegalStateException(
                    title + ", " + offset + " instructions away: a jump reaches -32768 to 32767");
        }
        return offset;
    }
}
