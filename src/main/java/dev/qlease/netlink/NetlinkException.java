package dev.qlease.netlink;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import java.io.Serial;

/**
 * A request that the kernel answered with an error: its number, and all that its extended ack says.
 *
 * <p>Where the error means that the kernel does not have the thing asked for, this is the cause of the
 * {@link UnsupportedException} that is thrown.
 */
public class NetlinkException extends LinuxException {
    @Serial
    private static final long serialVersionUID = 1;

    private final transient ExtendedAck extendedAck;

    /**
     * The failure of {@code operation}.
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

    /** The exception to throw for this failure. */
    static LinuxException of(String operation, int number, ExtendedAck extendedAck) {
        NetlinkException failure = new NetlinkException(operation, number, extendedAck);
        return UnsupportedException.isMeantBy(number) ? new UnsupportedException(failure) : failure;
    }

    /** What the kernel said beside the number. */
    public final ExtendedAck extendedAck() {
        return extendedAck;
    }
}
