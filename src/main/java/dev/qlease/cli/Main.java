package dev.qlease.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;

/** Where the {@code qlease} command starts. */
public final class Main {
    private Main() {}

    /**
     * Runs the command and ends the process with its {@link ExitCode}.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        ExitCode exitCode =
                run(new FileOutputStream(FileDescriptor.out), new FileOutputStream(FileDescriptor.err), args);
        // All is closed and flushed; System.exit would first look for loggers to tell of it, longer than a dump takes.
        Runtime.getRuntime().halt(exitCode.number());
    }

    /** Runs the command line {@code args}. */
    static ExitCode run(OutputStream out, OutputStream err, String... args) {
        ExitCode exitCode = new Qlease(new Output(out, err)).run(args);
        StartupCache.deleteIfRefused();
        return exitCode;
    }
}
