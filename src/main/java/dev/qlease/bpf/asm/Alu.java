package dev.qlease.bpf.asm;

import dev.qlease.ffi.uapi.Uapi;

/** The arithmetic and logic operations on a register and a second operand; linux/bpf_common.h, linux/bpf.h. */
public enum Alu {
    ADD(Uapi.BPF_ADD()),
    SUB(Uapi.BPF_SUB()),
    MUL(Uapi.BPF_MUL()),

    /** Unsigned; division by 0 yields 0. */
    DIV(Uapi.BPF_DIV()),
    OR(Uapi.BPF_OR()),
    AND(Uapi.BPF_AND()),
    LSH(Uapi.BPF_LSH()),

    /** Shifts in zeros (logical). */
    RSH(Uapi.BPF_RSH()),

    /** Unsigned; modulo 0 leaves the register unchanged. */
    MOD(Uapi.BPF_MOD()),
    XOR(Uapi.BPF_XOR()),
    MOV(Uapi.BPF_MOV()),

    /** Shifts in the sign bit (arithmetic). */
    ARSH(Uapi.BPF_ARSH());

    private final int code;

    Alu(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    boolean isShift() {
        return this == LSH || this == RSH || this == ARSH;
    }

    boolean isDivision() {
        return this == DIV || this == MOD;
    }
}
