package dev.qlease.bpf.asm;

import dev.qlease.ffi.uapi.Uapi;

/** The size of a load or store; linux/bpf_common.h. */
public enum Size {
    /** 1 byte. */
    B(Uapi.BPF_B()),

    /** 2 bytes. */
    H(Uapi.BPF_H()),

    /** 4 bytes. */
    W(Uapi.BPF_W()),

    /** 8 bytes. */
    DW(Uapi.BPF_DW());

    private final int code;

    Size(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
