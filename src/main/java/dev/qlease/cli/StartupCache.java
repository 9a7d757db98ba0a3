package dev.qlease.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** The cache that the launcher starts Java with. */
final class StartupCache {
    /** A refused cache that is younger stays: it was made by this very installation, and another would be refused, too. */
    private static final Duration LEAST_AGE = Duration.ofHours(1);

    private StartupCache() {}

    /** Deletes the cache if Java refused it, as after an update, so that the next run makes another. */
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
            // Somebody else's, or gone already: the command has worked without it, and will.
            return;
        }
    }
}
