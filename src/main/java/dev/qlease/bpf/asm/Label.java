package dev.qlease.bpf.asm;

/**
 * A position in a program that jumps lead to. A label is created first, is the target of any number of jumps, and is
 * {@linkplain Assembler#bind bound} once, before or after them.
 *
 * <p>Two labels with the same name are different positions: the name is for error messages.
 */
public final class Label {
    private final String name;

    /** Creates a label with this name for error messages. */
    public Label(String name) {
        this.name = name;
    }

    @Override
    public String toString() {
        return name;
    }
}
