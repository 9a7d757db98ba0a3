package dev.qlease.bpf;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import java.io.Serial;
import java.util.List;

/**
 * Thrown if the kernel refuses to load a program; contains the verifier's log. If the error means that the kernel
 * cannot load such programs at all, this is the cause of the {@link UnsupportedException} that is thrown instead.
 */
public final class BpfException extends LinuxException {
    @Serial
    private static final long serialVersionUID = 1;

    /** The number of lines from the log's end that the message contains. */
    private static final int SHOWN = 3;

    private final String log;

    BpfException(String operation, int number, String log) {
        super(operation, number, words(number, log));
        this.log = log;
    }

    private static String words(int number, String log) {
        String error = Errno.of(number).map(Errno::description).orElse("unknown error");
        // The verifier ends its log with statistics about itself, which do not explain the failure.
        List<String> lines = log.lines()
                .map(String::strip)
                .filter(line ->
                        !line.isEmpty() && !line.startsWith("processed ") && !line.startsWith("verification time"))
                .toList();
        if (lines.isEmpty()) {
            return error;
        }
        return error + "; verifier log: "
                + String.join("; ", lines.subList(Math.max(0, lines.size() - SHOWN), lines.size()));
    }

    static LinuxException of(String operation, int number, String log) {
        BpfException failure = new BpfException(operation, number, log);
        return UnsupportedException.isMeantBy(number) ? new UnsupportedException(failure) : failure;
    }

    /** Returns the verifier's complete log; empty if it did not run. */
    public String log() {
        return log;
    }
}
