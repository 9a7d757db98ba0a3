package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;

/** The operations that change a register by a second value; linux/bpf_common.h, linux/bpf.h. */
public enum Alu {
    ADD(Uapi.BPF_ADD()),
    SUB(Uapi.BPF_SUB()),
    MUL(Uapi.BPF_MUL()),

    /** Unsigned; by 0 it is 0. */
    DIV(Uapi.BPF_DIV()),
    OR(Uapi.BPF_OR()),
    AND(Uapi.BPF_AND()),
    LSH(Uapi.BPF_LSH()),

    /** Shifts in zeros. */
    RSH(Uapi.BPF_RSH()),

    /** Unsigned; by 0 it changes nothing. */
    MOD(Uapi.BPF_MOD()),
    XOR(Uapi.BPF_XOR()),
    MOV(Uapi.BPF_MOV()),

    /** Shifts in the sign. */
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
