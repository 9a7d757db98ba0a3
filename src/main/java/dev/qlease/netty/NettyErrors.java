package dev.qlease.netty;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;

/** Translates the kernel's errors to the exceptions that Netty's own channels throw. */
final class NettyErrors {
    private NettyErrors() {}

    /** Translates an error of reading or writing: handlers treat an IOException as the end of a connection. */
    static IOException io(Exception failure) {
        return failure instanceof IOException io ? io : new IOException(failure.getMessage(), failure);
    }

    /** Translates an error of connecting; exceptions that are not the kernel's errors are returned unchanged. */
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
