package dev.qlease.linux.sys;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import java.lang.foreign.MemorySegment;

/** bpf(2), for which the C library has no function. */
public final class Bpf {
    private static final String ARCH = System.getProperty("os.arch");

    private Bpf() {}

    private static final class Syscall {
        static final MemorySegment CALL = Native.symbol("syscall");
        static final int BPF = number();
    }

    /** SYS_bpf on the two architectures of the bindings; asm/unistd_64.h, asm-generic/unistd.h. */
    private static int number() {
        return switch (ARCH) {
            case "amd64" -> 321;
            case "aarch64" -> 280;
            default ->
                throw new UnsupportedException(new LinuxException(
                        "bpf", Errno.ENOSYS.number(), "the number of this system call is not known for " + ARCH));
        };
    }

    /**
     * bpf(2); returns a new descriptor, or 0.
     *
     * @param command a BPF_ constant
     * @param attributes a union bpf_attr, or as much of its beginning as the command uses
     */
    public static int bpf(int command, MemorySegment attributes) {
        return Native.call(Syscall.CALL, Syscall.BPF, command, Native.address(attributes), attributes.byteSize());
    }
}
