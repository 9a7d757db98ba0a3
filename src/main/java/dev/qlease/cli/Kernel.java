package dev.qlease.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files below /proc and /sys. */
final class Kernel {
    /** More than the kernel gives at once. */
    private static final int LARGEST = 1 << 16;

    private Kernel() {}

    /**
     * What {@code file} says, without the newline at its end. It is read at once: a second read of a sysctl finds nothing,
     * and the first one that the JDK makes for a file of no size is of one byte.
     */
    static String read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] text = new byte[LARGEST];
            int length = in.read(text);
            return new String(text, 0, Math.max(0, length), StandardCharsets.UTF_8).strip();
        }
    }
}
