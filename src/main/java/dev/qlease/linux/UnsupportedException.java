package dev.qlease.linux;

import java.io.Serial;

/**
 * An operation that the kernel, the driver or the device does not support: EOPNOTSUPP, ENOSYS, EPROTONOSUPPORT,
 * EAFNOSUPPORT, and the ENOTSUPP of drivers. A type of its own, so that a caller can fall back; the cause is the
 * failure as reported.
 */
public final class UnsupportedException extends LinuxException {
    @Serial
    private static final long serialVersionUID = 1;

    /** ENOTSUPP: a number internal to the kernel, which some drivers return to user space; linux/errno.h. */
    private static final int ENOTSUPP = 524;

    /** Wraps {@code failure}. */
    public UnsupportedException(LinuxException failure) {
        super(failure);
    }

    /** Returns whether error {@code number} means that something is not supported. */
    public static boolean isMeantBy(int number) {
        return number == Errno.EOPNOTSUPP.number()
                || number == Errno.ENOSYS.number()
                || number == Errno.EPROTONOSUPPORT.number()
                || number == Errno.EAFNOSUPPORT.number()
                || number == ENOTSUPP;
    }
}
