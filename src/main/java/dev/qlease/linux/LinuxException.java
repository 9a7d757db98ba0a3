package dev.qlease.linux;

import java.io.Serial;
import java.util.Optional;

/**
 * A system call or a request to the kernel that failed: what was being done, and the kernel's error number.
 *
 * <p>{@link UnsupportedException} is thrown instead where the kernel lacks the thing asked for.
 */
public class LinuxException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final String operation;
    private final int number;

    /**
     * The failure of {@code operation}, with the error's usual description.
     *
     * @param operation what was being done, such as {@code "open /run/netns/blue"}
     * @param number the error's number, positive
     */
    public LinuxException(String operation, int number) {
        this(operation, number, describe(number));
    }

    /**
     * The failure of {@code operation}, with words of its own.
     *
     * @param operation what was being done
     * @param number the error's number, positive
     * @param detail what went wrong, which the error's name is added to
     */
    public LinuxException(String operation, int number, String detail) {
        super(operation + ": " + detail + " (" + name(number) + ")");
        this.operation = operation;
        this.number = number;
    }

    /** For one that repeats its cause under another type. */
    LinuxException(LinuxException cause) {
        super(cause.getMessage(), cause);
        this.operation = cause.operation;
        this.number = cause.number;
    }

    /**
     * Answers {@code result} if it is none of the system calls' negative errors.
     *
     * @throws LinuxException if it is
     * @throws UnsupportedException if it is the one that says that the kernel has no such thing
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

    /** The exception for error {@code number}: {@link UnsupportedException} where that fits. */
    public static LinuxException of(String operation, int number) {
        LinuxException failure = new LinuxException(operation, number);
        return UnsupportedException.isMeantBy(number) ? new UnsupportedException(failure) : failure;
    }

    /** What was being done. */
    public final String operation() {
        return operation;
    }

    /** The error's number, positive. */
    public final int number() {
        return number;
    }

    /** The error, empty if this library has no name for its number. */
    public final Optional<Errno> errno() {
        return Errno.of(number);
    }

    /** Whether this is error {@code errno}. */
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
