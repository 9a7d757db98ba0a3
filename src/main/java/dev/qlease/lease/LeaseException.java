package dev.qlease.lease;

import java.io.Serial;
import java.util.List;

/**
 * Thrown if a lease could not be created or deleted. It names the step that failed, the cause, with the kernel's own
 * message if the kernel refused, and what could not be undone. If that is empty, everything is as it was before.
 */
public final class LeaseException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final String step;
    private final transient List<String> notUndone;

    LeaseException(String lease, String step, RuntimeException cause, List<String> notUndone) {
        super(lease + ", " + step + ": " + cause.getMessage() + text(notUndone), cause);
        this.step = step;
        this.notUndone = List.copyOf(notUndone);
    }

    private static String text(List<String> notUndone) {
        return notUndone.isEmpty() ? "" : "; not undone: " + String.join("; ", notUndone);
    }

    /** Returns the name of the step that failed. */
    public String step() {
        return step;
    }

    /** Returns the changes that could not be undone, with the reason, each as a sentence; empty if there are none. */
    public List<String> notUndone() {
        return notUndone;
    }
}
