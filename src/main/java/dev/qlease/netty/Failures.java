package dev.qlease.netty;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;

/** The kernel's refusals as the exceptions that handlers know from Netty's own channels. */
final class Failures {
    private Failures() {}

    /** Of reading or writing: what handlers take for the end of a connection. */
    static IOException io(Exception failure) {
        return failure instanceof IOException io ? io : new IOException(failure.getMessage(), failure);
    }

    /** Of connecting; what is not the kernel's stays as it is. */
    static Exception connect(Exception failure) {
        if (!(failure instanceof LinuxException refusal)) {
            return failure;
        }
        boolean noRoute = refusal.is(Errno.ENETUNREACH) || refusal.is(Errno.EHOSTUNREACH);
        IOException known =
                noRoute ? new NoRouteToHostException(refusal.getMessage()) : new ConnectException(refusal.getMessage());
        known.initCause(refusal);
        return known;
    }
}
