package dev.qlease.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** The start-up cache, with which the launcher starts Java. */
final class StartupCache {
    /** A younger refused cache is kept: this installation made it, and a new one would be refused, too. */
    private static final Duration LEAST_AGE = Duration.ofHours(1);

    private StartupCache() {}

    /** Deletes the cache if Java refused it, as it does after an update, so that the next run makes a new one. */
    static void deleteIfRefused() {
        String cache = System.getProperty("qlease.cache");
        if (cache == null || System.getProperty("java.vm.info", "").contains("sharing")) {
            return;
        }
        Path file = Path.of(cache);
        try {
            if (Files.getLastModifiedTime(file)
                    .toInstant()
                    .isBefore(Instant.now().minus(LEAST_AGE))) {
                Files.delete(file);
            }
        } catch (IOException e) {
            // Not permitted, or gone already: the command works without it.
            return;
        }
    }
}
