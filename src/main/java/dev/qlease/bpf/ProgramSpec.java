package dev.qlease.bpf;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A program to be loaded.
 *
 * @param name what bpftool shows: 1 to 15 letters, digits, dots and underscores
 * @param code its instructions
 * @param expectedAttachType where alone it may be attached; empty for everywhere
 */
public record ProgramSpec(String name, Code code, Optional<AttachType> expectedAttachType) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.]{1,15}");

    /** Checks the name. */
    public ProgramSpec {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("the name of a BPF program is 1 to 15 letters, digits, dots and"
                    + " underscores, not \"" + name + "\"");
        }
    }

    /** A program that may be attached everywhere. */
    public ProgramSpec(String name, Code code) {
        this(name, code, Optional.empty());
    }
}
