package dev.qlease.bpf;

/**
 * A place in a program that jumps lead to. It is made first, jumped to as often as needed, and {@linkplain
 * Assembler#bind bound} once, before or after that.
 *
 * <p>Two labels of one name are two places: the name is for error messages.
 */
public final class Label {
    private final String name;

    /** A place that error messages call {@code name}. */
    public Label(String name) {
        this.name = name;
    }

    @Override
    public String toString() {
        return name;
    }
}
