package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Bpf;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Assumptions;

/** What programs do with single frames, which the kernel shows them: BPF_PROG_TEST_RUN. */
final class TestRun {
    private static final long PROG_FD = 0;
    private static final long RETVAL = 4;
    private static final long DATA_SIZE_IN = 8;
    private static final long DATA_IN = 16;

    private TestRun() {}

    /** Loads a program; skips the test where this process may not. */
    static Program load(ProgramSpec spec) {
        try {
            return Program.load(spec);
        } catch (LinuxException e) {
            Assumptions.assumeFalse(
                    e.is(Errno.EPERM), "loading a program takes CAP_BPF and CAP_NET_ADMIN: " + e.getMessage());
            throw e;
        }
    }

    /** Creates the counters of drops; skips the test where this process may not. */
    static BpfMap counters() {
        try {
            return DropReason.counters();
        } catch (LinuxException e) {
            Assumptions.assumeFalse(e.is(Errno.EPERM), "creating a map takes CAP_BPF: " + e.getMessage());
            throw e;
        }
    }

    /** What the program answers for {@code frame}, a TC_ACT. */
    static int verdict(Program program, byte[] frame) {
        int fd = program.descriptor().use();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = BpfObject.attributes(arena);
            attributes.set(ValueLayout.JAVA_INT, PROG_FD, fd);
            attributes.set(ValueLayout.JAVA_INT, DATA_SIZE_IN, frame.length);
            attributes.set(
                    ValueLayout.JAVA_LONG,
                    DATA_IN,
                    arena.allocateFrom(ValueLayout.JAVA_BYTE, frame).address());
            LinuxException.check(Bpf.bpf(Uapi.BPF_PROG_TEST_RUN(), attributes), "test run of " + program);
            return attributes.get(ValueLayout.JAVA_INT, RETVAL);
        } finally {
            program.descriptor().release();
        }
    }
}
