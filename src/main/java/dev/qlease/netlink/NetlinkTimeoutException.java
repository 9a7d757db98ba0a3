package dev.qlease.netlink;

import dev.qlease.linux.Errno;
import java.io.Serial;
import java.time.Duration;

/** The kernel did not answer in time. A change that was asked for may have been made all the same. */
public final class NetlinkTimeoutException extends NetlinkException {
    @Serial
    private static final long serialVersionUID = 1;

    NetlinkTimeoutException(String operation, Duration timeout) {
        super(operation, Errno.ETIMEDOUT, "no answer within " + timeout.toMillis() + " ms");
    }
}
