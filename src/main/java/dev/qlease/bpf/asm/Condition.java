package dev.qlease.bpf.asm;

import dev.qlease.ffi.uapi.Uapi;

/** The condition of a jump: how the first operand compares to the second; linux/bpf_common.h, linux/bpf.h. */
public enum Condition {
    EQ(Uapi.BPF_JEQ()),
    NE(Uapi.BPF_JNE()),

    /** Unsigned. */
    GT(Uapi.BPF_JGT()),

    /** Unsigned. */
    GE(Uapi.BPF_JGE()),

    /** Unsigned. */
    LT(Uapi.BPF_JLT()),

    /** Unsigned. */
    LE(Uapi.BPF_JLE()),

    /** The operands have a bit in common. */
    SET(Uapi.BPF_JSET()),

    /** Signed. */
    SGT(Uapi.BPF_JSGT()),

    /** Signed. */
    SGE(Uapi.BPF_JSGE()),

    /** Signed. */
    SLT(Uapi.BPF_JSLT()),

    /** Signed. */
    SLE(Uapi.BPF_JSLE());

    private final int code;

    Condition(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
