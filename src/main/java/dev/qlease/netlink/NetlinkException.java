package dev.qlease.netlink;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import java.io.Serial;

/**
 * A request to which the kernel replied with an error: the error's number and the extended ack.
 *
 * <p>If the error means that the kernel does not support the request, this is the cause of the {@link
 * UnsupportedException} that is thrown.
 */
public class NetlinkException extends LinuxException {
    @Serial
    private static final long serialVersionUID = 1;

    private final transient ExtendedAck extendedAck;

    /**
     * Creates the exception for {@code operation}.
     *
     * @param number the error's number, positive
     */
    public NetlinkException(String operation, int number, ExtendedAck extendedAck) {
        super(operation, number, words(number, extendedAck));
        this.extendedAck = extendedAck;
    }

    NetlinkException(String operation, Errno errno, String detail) {
        super(operation, errno.number(), detail);
        this.extendedAck = ExtendedAck.NONE;
    }

    private static String words(int number, ExtendedAck extendedAck) {
        String words = extendedAck
                .message()
                .or(() -> Errno.of(number).map(Errno::description))
                .orElse("unknown error");
        String details = extendedAck.details();
        return details.isEmpty() ? words : words + " [" + details + "]";
    }

    /** Returns the exception to throw for this failure. */
    static LinuxException of(String operation, int number, ExtendedAck extendedAck) {
        NetlinkException failure = new NetlinkException(operation, number, extendedAck);
        return UnsupportedException.isMeantBy(number) ? new UnsupportedException(failure) : failure;
    }

    /** Returns the kernel's explanation. */
    public final ExtendedAck extendedAck() {
        return extendedAck;
    }
}
