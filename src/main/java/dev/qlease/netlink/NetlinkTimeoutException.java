package dev.qlease.netlink;

import dev.qlease.linux.Errno;
import java.io.Serial;
import java.time.Duration;

/** A request that the kernel did not answer in time. A requested change may have been made nevertheless. */
public final class NetlinkTimeoutException extends NetlinkException {
    @Serial
    private static final long serialVersionUID = 1;

    NetlinkTimeoutException(String operation, Duration timeout) {
        super(operation, Errno.ETIMEDOUT, "no answer within " + timeout.toMillis() + " ms");
    }
}
