package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;

/** When a jump is taken: how the first value compares to the second; linux/bpf_common.h, linux/bpf.h. */
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

    /** They have a bit in common. */
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
