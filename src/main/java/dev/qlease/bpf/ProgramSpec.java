package dev.qlease.bpf;

import dev.qlease.bpf.asm.Code;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.sys.NativeAccess;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A program to load, assembled by {@link GuestPrograms} or {@link ForwardGuard}: its name, its type, its instructions
 * and the maps that it uses. Immutable. The maps must be open when it is loaded and may be closed afterwards.
 */
public final class ProgramSpec {
    static {
        NativeAccess.require();
    }

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.]{1,15}");

    private final String name;
    private final int type;
    private final Optional<AttachType> expectedAttachType;
    private final Code code;
    private final List<BpfMap> maps;

    private ProgramSpec(String name, int type, Optional<AttachType> expectedAttachType, Code code, List<BpfMap> maps) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("the name of a BPF program is 1 to 15 letters, digits, dots and"
                    + " underscores, not \"" + name + "\"");
        }
        this.name = name;
        this.type = type;
        this.expectedAttachType = expectedAttachType;
        this.code = code;
        this.maps = List.copyOf(maps);
    }

    /** Returns a program that decides on packets, at every {@link AttachType} of a device. */
    static ProgramSpec ofPackets(String name, Code code, BpfMap... maps) {
        return new ProgramSpec(name, Uapi.BPF_PROG_TYPE_SCHED_CLS(), Optional.empty(), code, List.of(maps));
    }

    /** Returns a program that decides on packets and may be attached only at {@code type}. */
    static ProgramSpec ofPacketsAt(AttachType type, String name, Code code) {
        return new ProgramSpec(name, Uapi.BPF_PROG_TYPE_SCHED_CLS(), Optional.of(type), code, List.of());
    }

    /** Returns a program for a netfilter hook. */
    static ProgramSpec ofNetfilter(String name, Code code, BpfMap... maps) {
        return new ProgramSpec(
                name, Uapi.BPF_PROG_TYPE_NETFILTER(), Optional.of(AttachType.NETFILTER), code, List.of(maps));
    }

    /** Returns the name that bpftool shows. */
    public String name() {
        return name;
    }

    int type() {
        return type;
    }

    Optional<AttachType> expectedAttachType() {
        return expectedAttachType;
    }

    Code code() {
        return code;
    }

    List<BpfMap> maps() {
        return maps;
    }

    @Override
    public String toString() {
        return "BPF program " + name;
    }
}
