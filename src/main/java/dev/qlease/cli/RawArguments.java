package dev.qlease.cli;

import dev.qlease.linux.sys.KernelText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The command line as bytes: Java replaces what it cannot decode in the locale, and so loses it. */
final class RawArguments {
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");
    private static final char REPLACEMENT = '\ufffd';

    private RawArguments() {}

    /** Returns {@code args} decoded from the original bytes. */
    static String[] of(String... args) {
        if (String.join("", args).indexOf(REPLACEMENT) < 0) {
            return args;
        }
        try {
            return of(Files.readAllBytes(COMMAND_LINE), args);
        } catch (IOException e) {
            // Without /proc, Java's decoding is all there is.
            return args;
        }
    }

    /**
     * Returns the last strings in {@code commandLine}, each ended by NUL, as many as {@code args} has; Java's own
     * arguments come before them.
     */
    static String[] of(byte[] commandLine, String... args) {
        List<String> all = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < commandLine.length; i++) {
            if (commandLine[i] == 0) {
                all.add(KernelText.decode(Arrays.copyOfRange(commandLine, start, i)));
                start = i + 1;
            }
        }
        return all.size() < args.length
                ? args
                : all.subList(all.size() - args.length, all.size()).toArray(String[]::new);
    }
}
