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
import java.util.ArrayList;
import java.util.List;

/**
 * A BPF program in the kernel that decides on packets; bpf(2).
 *
 * <p>Owns one descriptor. Closing it unloads the program unless it is attached, since attachments hold the program
 * themselves. Loading requires CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN. Thread-safe.
 */
public final class Program implements AutoCloseable {
    static {
        NativeAccess.require();
    }

    private static final String LICENSE = "GPL";

    /** A signal interrupts the verifier with EAGAIN; the program must then be loaded again. */
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
        List<BpfMap> used = new ArrayList<>();
        try {
            int[] maps = new int[spec.maps().size()];
            for (BpfMap map : spec.maps()) {
                maps[used.size()] = map.descriptor().use();
                used.add(map);
            }
            return load(spec, maps);
        } finally {
            used.forEach(map -> map.descriptor().release());
        }
    }

    private static Program load(ProgramSpec spec, int[] maps) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = attributes(arena, spec, maps);
            int fd = load(attributes);
            String log = "";
            if (fd < 0) {
                // The log is requested only after a failure, since writing it costs more than all the rest.
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

    private static MemorySegment attributes(Arena arena, ProgramSpec spec, int[] maps) {
        byte[] code = spec.code().bytes(maps);
        MemorySegment instructions = arena.allocate(Math.max(code.length, 1), Long.BYTES);
        MemorySegment.copy(code, 0, instructions, ValueLayout.JAVA_BYTE, 0, code.length);
        MemorySegment attributes = BpfObject.attributes(arena);
        BpfField.PROG_TYPE.put(attributes, spec.type());
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

    /** Returns the program's name. */
    public String name() {
        return spec.name();
    }

    /** Returns the program's id, as bpftool and links show it. */
    public int id() {
        return info().id();
    }

    /**
     * Returns the kernel's information about the program.
     *
     * @throws LinuxException if the kernel refuses
     */
    public ProgramInfo info() {
        return BpfObject.info(descriptor, ProgramInfo::of);
    }

    /** Returns the descriptor, which remains owned by this object; do not close it. */
    FileDescriptor descriptor() {
        return descriptor;
    }

    /** Closes the descriptor. Idempotent. */
    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
