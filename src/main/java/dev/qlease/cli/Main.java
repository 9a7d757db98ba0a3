package dev.qlease.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;

/** Where the {@code qlease} command starts. */
public final class Main {
    private Main() {}

    /**
     * Runs the command and ends the process with its {@link ExitCode}.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        Output output = new Output(new FileOutputStream(FileDescriptor.out), new FileOutputStream(FileDescriptor.err));
        ExitCode exitCode = new Qlease(output).run(args);
        StartupCache.deleteIfRefused();
        System.exit(exitCode.number());
    }
}
