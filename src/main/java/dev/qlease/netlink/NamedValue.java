package dev.qlease.netlink;

/**
 * A value of one of the kernel's enums or sets of flags, as a record of the number: one that a newer kernel brings is kept
 * like any other and shown as its number. Its {@code toString()} is {@link #text()}.
 */
public interface NamedValue {
    /** The number, zero-extended. */
    long number();

    /** What its values are called. */
    Names names();

    /** As the kernel's own tools show it: the name, {@code [a, b]} for flags, or the number. */
    default String text() {
        return names().format(number());
    }
}
