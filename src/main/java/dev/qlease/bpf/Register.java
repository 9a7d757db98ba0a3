package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;

/**
 * The registers of a BPF program: R0 has what a helper or the program answers, R1 to R5 are a helper's arguments and lost
 * by a call, R6 to R9 are kept, R10 is the address of the end of the stack, which can't be changed.
 */
public enum Register {
    R0(Uapi.BPF_REG_0()),
    R1(Uapi.BPF_REG_1()),
    R2(Uapi.BPF_REG_2()),
    R3(Uapi.BPF_REG_3()),
    R4(Uapi.BPF_REG_4()),
    R5(Uapi.BPF_REG_5()),
    R6(Uapi.BPF_REG_6()),
    R7(Uapi.BPF_REG_7()),
    R8(Uapi.BPF_REG_8()),
    R9(Uapi.BPF_REG_9()),
    R10(Uapi.BPF_REG_10());

    private final int number;

    Register(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    @Override
    public String toString() {
        return "r" + number;
    }
}
