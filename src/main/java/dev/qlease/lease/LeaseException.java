package dev.qlease.lease;

import java.io.Serial;
import java.util.List;

/**
 * A lease that could not be made or deleted: the step that failed, why (the cause, with the kernel's words), and what could
 * not be undone. Where that is nothing, all is as it was before.
 */
public final class LeaseException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final String step;
    private final transient List<String> notUndone;

    LeaseException(String lease, String step, RuntimeException cause, List<String> notUndone) {
        super(lease + ", " + step + ": " + cause.getMessage() + tell(notUndone), cause);
        this.step = step;
        this.notUndone = List.copyOf(notUndone);
    }

    private static String tell(List<String> notUndone) {
        return notUndone.isEmpty() ? "" : "; not undone: " + String.join("; ", notUndone);
    }

    /** The name of the step that failed. */
    public String step() {
        return step;
    }

    /** What is left changed, and why, each as a sentence; empty if nothing is. */
    public List<String> notUndone() {
        return notUndone;
    }
}
