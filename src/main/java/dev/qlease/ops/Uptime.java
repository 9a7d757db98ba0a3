package dev.qlease.ops;

import dev.qlease.linux.KernelFiles;
import java.math.BigDecimal;
import java.nio.file.Path;

/** The time since the machine was started, which all processes share and no change of the clock affects. */
final class Uptime {
    private static final Path FILE = Path.of("/proc/uptime");
    private static final int MILLI_DIGITS = 3;

    private Uptime() {}

    /** Returns the time in milliseconds. */
    static long millis() {
        String text = KernelFiles.read(FILE);
        return new BigDecimal(text.substring(0, text.indexOf(' ')))
                .movePointRight(MILLI_DIGITS)
                .longValue();
    }
}
