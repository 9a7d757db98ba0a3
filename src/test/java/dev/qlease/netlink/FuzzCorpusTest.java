package dev.qlease.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the fuzzer has found to be worth reading, read again. */
class FuzzCorpusTest {
    private static final Path CORPUS = Path.of("ci/fuzz/corpus/netlink");

    private static List<Path> corpus() throws IOException {
        try (Stream<Path> files = Files.list(CORPUS)) {
            return files.sorted().toList();
        }
    }

    @Test
    void theCorpusIsThere() throws IOException {
        assertThat(corpus()).hasSizeGreaterThan(50);
    }

    @Test
    void everyInputIsSurvived() throws IOException {
        for (Path input : corpus()) {
            MessageFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
        }
    }
}
