package dev.qlease.ops;

import java.io.Serial;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Thrown if state cannot be planned, applied or rolled back; the message names the cause and the remedy. */
public final class OpsException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    /** Kinds of failure. */
    public enum Reason {
        /** A NIC, namespace or container that a file names does not exist. */
        NOT_FOUND,
        /** A driver does not have a setting. */
        UNSUPPORTED,
        /** An apply waits for its confirmation, none does, or there is none to roll back. */
        STATE,
        /** A change failed. */
        FAILED
    }

    private final Reason reason;
    private final transient List<String> notUndone;

    /** @param message a sentence that says what failed, why, and what to do */
    public OpsException(Reason reason, String message) {
        this(reason, message, null, List.of());
    }

    OpsException(Reason reason, String message, @Nullable Throwable cause, List<String> notUndone) {
        super(message, cause);
        this.reason = reason;
        this.notUndone = List.copyOf(notUndone);
    }

    /** Returns the kind of failure. */
    public Reason reason() {
        return reason;
    }

    /** Returns the changes that could not be undone, with the reason, each as a sentence. */
    public List<String> notUndone() {
        return notUndone;
    }
}
