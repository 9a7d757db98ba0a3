package dev.qlease.netlink;

/**
 * A value of one of the kernel's enums or sets of flags, as a record of its number: a value that a newer kernel adds is
 * kept like any other and formatted as its number. Its {@code toString()} is {@link #text()}.
 */
public interface NamedValue {
    /** Returns the number, zero-extended. */
    long number();

    /** Returns the names of the type's values. */
    Names names();

    /** Returns the text that the kernel's own tools print: the name, {@code [a, b]} for flags, or the number. */
    default String text() {
        return names().format(number());
    }
}
