package dev.qlease.netlink;

import dev.qlease.linux.Errno;
import java.io.Serial;
import java.util.List;

/**
 * Things changed while they were being listed, every time that it was tried (NLM_F_DUMP_INTR): the list may lack some and
 * have others twice. It is here for those who can live with that; of {@link Request#forEach} they have it already.
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
     * What the last attempt read; the records are of the type that the request would have returned. Empty where they were
     * given away as they came.
     */
    public List<?> records() {
        return records;
    }
}
