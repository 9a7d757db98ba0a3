package dev.qlease.netlink;

import dev.qlease.linux.Errno;
import java.io.Serial;
import java.util.List;

/**
 * A list that changed while it was read, on every attempt (NLM_F_DUMP_INTR): entries may be missing or duplicated. The
 * exception carries the records, for callers that can tolerate this; those of {@link Request#forEach} have them
 * already.
 */
public final class DumpInterruptedException extends NetlinkException {
    @Serial
    private static final long serialVersionUID = 1;

    private final transient List<?> records;

    DumpInterruptedException(String operation, int attempts, List<?> records) {
        super(
                operation,
                Errno.EINTR,
                "the list changed while it was read" + (attempts == 1 ? "" : ", " + attempts + " times in a row"));
        this.records = List.copyOf(records);
    }

    /**
     * Returns the records of the last attempt, of the type that the request would have returned. Empty if they were
     * passed to a reader as they arrived.
     */
    public List<?> records() {
        return records;
    }
}
