package dev.qlease.node.dra;

/** Thrown if a claim cannot be prepared, or its queues cannot be leased; the message is for the pod's user. */
public final class DraException extends RuntimeException {
    @java.io.Serial
    private static final long serialVersionUID = 1;

    DraException(String message) {
        super(message);
    }

    DraException(String message, Throwable cause) {
        super(message, cause);
    }
}
