package dev.qlease.linux;

import java.io.Serial;
import java.util.Optional;

/**
 * A failed system call or request to the kernel: the operation and the kernel's error number.
 *
 * <p>{@link UnsupportedException} is thrown instead if the kernel lacks what was requested.
 */
public class LinuxException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final String operation;
    private final int number;

    /**
     * Creates the exception for {@code operation}, with the error's usual description.
     *
     * @param operation what was being done, such as {@code "open /run/netns/blue"}
     * @param number the error's number, positive
     */
    public LinuxException(String operation, int number) {
        this(operation, number, describe(number));
    }

    /**
     * Creates the exception for {@code operation}, with a description of its own.
     *
     * @param operation what was being done
     * @param number the error's number, positive
     * @param detail what went wrong; the error's name is appended
     */
    public LinuxException(String operation, int number, String detail) {
        super(operation + ": " + detail + " (" + name(number) + ")");
        this.operation = operation;
        this.number = number;
    }

    /** For a subclass that repeats its cause under another type. */
    LinuxException(LinuxException cause) {
        super(cause.getMessage(), cause);
        this.operation = cause.operation;
        this.number = cause.number;
    }

    /**
     * Returns {@code result} unless it is a negative error number of a system call.
     *
     * @throws LinuxException if it is
     * @throws UnsupportedException if the error means that the kernel does not support the operation
     */
    public static int check(int result, String operation) {
        if (result < 0) {
            throw of(operation, -result);
        }
        return result;
    }

    /** As {@link #check(int, String)}. */
    public static long check(long result, String operation) {
        if (result < 0) {
            throw of(operation, (int) -result);
        }
        return result;
    }

    /** Returns the exception for error {@code number}: an {@link UnsupportedException} if the error means that. */
    public static LinuxException of(String operation, int number) {
        LinuxException failure = new LinuxException(operation, number);
        return UnsupportedException.isMeantBy(number) ? new UnsupportedException(failure) : failure;
    }

    /** Returns what was being done. */
    public final String operation() {
        return operation;
    }

    /** Returns the error's number, positive. */
    public final int number() {
        return number;
    }

    /** Returns the error; empty if this library has no name for its number. */
    public final Optional<Errno> errno() {
        return Errno.of(number);
    }

    /** Returns whether this is error {@code errno}. */
    public final boolean is(Errno errno) {
        return number == errno.number();
    }

    private static String name(int number) {
        return Errno.of(number).map(Errno::name).orElse("error " + number);
    }

    private static String describe(int number) {
        return Errno.of(number).map(Errno::description).orElse("unknown error");
    }
}
