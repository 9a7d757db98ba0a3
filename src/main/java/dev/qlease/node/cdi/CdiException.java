package dev.qlease.node.cdi;

import java.io.Serial;

/** Thrown if a file cannot be generated or a hook fails; the message names the cause and the remedy. */
public final class CdiException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    /** Kinds of failure. */
    public enum Reason {
        /** An argument, the state of a container or one of its annotations is invalid. */
        INVALID,
        /** There is no such device or container. */
        NOT_FOUND,
        /** The kernel or a device lacks what a lease needs. */
        UNSUPPORTED,
        /** This process is not root. */
        NOT_PERMITTED,
        /** Any other failure. */
        FAILED
    }

    private final Reason reason;

    CdiException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    CdiException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** Returns the kind of failure. */
    public Reason reason() {
        return reason;
    }
}
