package dev.qlease.linux;

import java.io.Serial;

/**
 * The kernel, the driver or the device does not have what was asked for: EOPNOTSUPP, ENOSYS, EPROTONOSUPPORT,
 * EAFNOSUPPORT, and the ENOTSUPP of drivers. A type of its own, so that a caller can do without the thing; the failure as
 * reported is the cause.
 */
public final class UnsupportedException extends LinuxException {
    @Serial
    private static final long serialVersionUID = 1;

    /** ENOTSUPP: the kernel's own number for its inside, which some drivers let out; linux/errno.h. */
    private static final int ENOTSUPP = 524;

    /** Repeats {@code failure} under this type. */
    public UnsupportedException(LinuxException failure) {
        super(failure);
    }

    /** Whether error {@code number} says that something is not supported. */
    public static boolean isMeantBy(int number) {
        return number == Errno.EOPNOTSUPP.number()
                || number == Errno.ENOSYS.number()
                || number == Errno.EPROTONOSUPPORT.number()
                || number == Errno.EAFNOSUPPORT.number()
                || number == ENOTSUPP;
    }
}
