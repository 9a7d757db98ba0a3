package dev.qlease.node.nri;

import java.io.IOException;
import java.io.Serial;

/** Thrown if the runtime violates the protocol or refuses the plugin: the connection is of no use any more. */
final class NriProtocolException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    NriProtocolException(String message) {
        super(message);
    }

    NriProtocolException(String message, Throwable cause) {
        super(message, cause);
    }
}
