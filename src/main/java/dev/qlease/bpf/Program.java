package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.linux.sys.Bpf;
import dev.qlease.linux.sys.NativeAccess;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A program in the kernel that decides on packets, of type sched_cls; bpf(2).
 *
 * <p>Owns a descriptor of it. Closing that takes the program from the kernel unless it is attached: attachments hold it
 * themselves. Loading takes CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN. Safe for use by many threads.
 */
public final class Program implements AutoCloseable {
    static {
        NativeAccess.require();
    }

    private static final String LICENSE = "GPL";

    /** The verifier is interrupted by any signal, and is to be asked again: EAGAIN. */
    private static final int ATTEMPTS = 5;

    private static final int FIRST_LOG = 1 << 16;
    private static final int LARGEST_LOG = 1 << 24;

    private final ProgramSpec spec;
    private final FileDescriptor descriptor;

    private Program(ProgramSpec spec, FileDescriptor descriptor) {
        this.spec = spec;
        this.descriptor = descriptor;
    }

    /**
     * Loads a program.
     *
     * @throws BpfException with the verifier's log, if the kernel refuses; EPERM without the privilege
     * @throws UnsupportedException if this kernel has no bpf(2)
     */
    public static Program load(ProgramSpec spec) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = attributes(arena, spec);
            int fd = load(attributes);
            String log = "";
            if (fd < 0) {
                // Only what fails is asked for its log, since writing it costs more than all the rest.
                for (int size = FIRST_LOG; ; size *= 4) {
                    MemorySegment buffer = arena.allocate(size);
                    BpfField.LOG_LEVEL.put(attributes, 1);
                    BpfField.LOG_SIZE.put(attributes, size);
                    BpfField.LOG_BUF.put(attributes, buffer);
                    fd = load(attributes);
                    log = buffer.getString(0);
                    if (fd != -Errno.ENOSPC.number() || size == LARGEST_LOG) {
                        break;
                    }
                }
            }
            if (fd < 0) {
                throw BpfException.of("load BPF program " + spec.name(), -fd, log);
            }
            return new Program(spec, FileDescriptor.owning(fd, "BPF program " + spec.name()));
        }
    }

    private static MemorySegment attributes(Arena arena, ProgramSpec spec) {
        byte[] code = spec.code().bytes();
        MemorySegment instructions = arena.allocate(Math.max(code.length, 1), Long.BYTES);
        MemorySegment.copy(code, 0, instructions, ValueLayout.JAVA_BYTE, 0, code.length);
        MemorySegment attributes = BpfObject.attributes(arena);
        BpfField.PROG_TYPE.put(attributes, Uapi.BPF_PROG_TYPE_SCHED_CLS());
        BpfField.INSN_CNT.put(attributes, spec.code().instructions().size());
        BpfField.INSNS.put(attributes, instructions);
        BpfField.LICENSE.put(attributes, arena.allocateFrom(LICENSE));
        BpfField.PROG_NAME.put(attributes, spec.name());
        spec.expectedAttachType().ifPresent(type -> BpfField.EXPECTED_ATTACH_TYPE.put(attributes, type.value()));
        return attributes;
    }

    private static int load(MemorySegment attributes) {
        int result = Bpf.bpf(Uapi.BPF_PROG_LOAD(), attributes);
        for (int i = 1; i < ATTEMPTS && result == -Errno.EAGAIN.number(); i++) {
            result = Bpf.bpf(Uapi.BPF_PROG_LOAD(), attributes);
        }
        return result;
    }

    /** Its name. */
    public String name() {
        return spec.name();
    }

    /** Its number, as bpftool and links show it. */
    public int id() {
        return info().id();
    }

    /**
     * What the kernel says about it.
     *
     * @throws LinuxException if it refuses
     */
    public ProgramInfo info() {
        return BpfObject.info(descriptor, ProgramInfo::of);
    }

    /** The descriptor, which goes on belonging to this. */
    FileDescriptor descriptor() {
        return descriptor;
    }

    /** Lets go of the program. */
    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
