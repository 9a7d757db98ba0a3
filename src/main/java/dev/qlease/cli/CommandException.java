package dev.qlease.cli;

import java.io.Serial;

/** Ends the command with an exit code and a sentence for the person who ran it. */
final class CommandException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final ExitCode exitCode;

    CommandException(ExitCode exitCode, String sentence) {
        super(sentence);
        this.exitCode = exitCode;
    }

    CommandException(ExitCode exitCode, String sentence, Throwable cause) {
        super(sentence, cause);
        this.exitCode = exitCode;
    }

    ExitCode exitCode() {
        return exitCode;
    }
}
