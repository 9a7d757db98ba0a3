package dev.qlease.bpf.asm;

/**
 * The registers of a BPF program: R0 holds the result of a helper or of the program, R1 to R5 are a helper's arguments
 * and are clobbered by calls, R6 to R9 are preserved, R10 is the address of the end of the stack and read-only.
 */
public enum Register {
    R0(0),
    R1(1),
    R2(2),
    R3(3),
    R4(4),
    R5(5),
    R6(6),
    R7(7),
    R8(8),
    R9(9),
    R10(10);

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
