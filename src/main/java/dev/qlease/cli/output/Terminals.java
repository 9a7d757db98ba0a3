package dev.qlease.cli.output;

import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import java.nio.file.Path;

/** Standard input, output and error as terminals. */
public final class Terminals {
    public static final int STANDARD_INPUT = 0;
    public static final int STANDARD_OUTPUT = 1;
    public static final int STANDARD_ERROR = 2;

    private Terminals() {}

    /** Returns whether the descriptor {@code number} is a terminal. */
    public static boolean isTerminal(int number) {
        try {
            String file = KernelFiles.readLink(Path.of("/proc/self/fd/" + number));
            return file.startsWith("/dev/pts/")
                    || file.startsWith("/dev/tty")
                    || file.startsWith("/dev/hvc")
                    || file.equals("/dev/console");
        } catch (LinuxException e) {
            return false;
        }
    }
}
