package dev.qlease.node.cni;

import java.io.Serial;
import java.util.List;

/** Thrown if an invocation fails; becomes an error object. */
public final class CniException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final int code;
    private final transient List<String> details;

    CniException(CniCode code, String message) {
        this(code.number(), message, List.of());
    }

    CniException(CniCode code, String message, Throwable cause) {
        this(code, message);
        initCause(cause);
    }

    CniException(CniCode code, List<String> problems) {
        this(code.number(), problems.getFirst(), problems.subList(1, problems.size()));
    }

    /** @param code a code of {@link CniCode}, or of another plugin that this one has run */
    CniException(int code, String message, List<String> details) {
        super(message);
        this.code = code;
        this.details = List.copyOf(details);
    }

    /** Returns the code of the error object. */
    public int code() {
        return code;
    }

    /** Returns further sentences. */
    public List<String> details() {
        return details;
    }
}
