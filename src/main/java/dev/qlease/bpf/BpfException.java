package dev.qlease.bpf;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import java.io.Serial;
import java.util.List;

/**
 * A program that the kernel did not load, with what its verifier says. Where the error means that the kernel can't load
 * such a program at all, this is the cause of the {@link UnsupportedException} that is thrown.
 */
public final class BpfException extends LinuxException {
    @Serial
    private static final long serialVersionUID = 1;

    /** How many of the log's last lines stand in the message. */
    private static final int SHOWN = 3;

    private final String log;

    BpfException(String operation, int number, String log) {
        super(operation, number, words(number, log));
        this.log = log;
    }

    private static String words(int number, String log) {
        String error = Errno.of(number).map(Errno::description).orElse("unknown error");
        // The verifier ends with a line about its own work, which says nothing about the fault.
        List<String> lines = log.lines()
                .map(String::strip)
                .filter(line ->
                        !line.isEmpty() && !line.startsWith("processed ") && !line.startsWith("verification time"))
                .toList();
        if (lines.isEmpty()) {
            return error;
        }
        return error + ", the verifier says: "
                + String.join("; ", lines.subList(Math.max(0, lines.size() - SHOWN), lines.size()));
    }

    static LinuxException of(String operation, int number, String log) {
        BpfException failure = new BpfException(operation, number, log);
        return UnsupportedException.isMeantBy(number) ? new UnsupportedException(failure) : failure;
    }

    /** The verifier's log, all of it; empty if the program did not come so far. */
    public String log() {
        return log;
    }
}
