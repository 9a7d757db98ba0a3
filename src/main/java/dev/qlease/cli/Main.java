package dev.qlease.cli;

import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;

/** The entry point of the {@code qlease} command. */
public final class Main {
    private Main() {}

    /**
     * Runs the command and ends the process with its {@link ExitCode}.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        ExitCode exitCode = run(
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                RawArguments.of(args));
        // Everything is closed and flushed; System.exit would first look for loggers, which takes longer than a dump.
        Runtime.getRuntime().halt(exitCode.number());
    }

    /** Runs the command line {@code args} and returns its exit code. */
    static ExitCode run(OutputStream out, OutputStream err, String... args) {
        ExitCode exitCode = new Qlease(new Output(out, err)).run(args);
        StartupCache.deleteIfRefused();
        return exitCode;
    }
}
