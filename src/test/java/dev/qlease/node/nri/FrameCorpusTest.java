package dev.qlease.node.nri;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The inputs that the fuzzer has found to be worth reading, read again. */
class FrameCorpusTest {
    private static final Path CORPUS = Path.of("ci/fuzz/corpus/nri");

    @Test
    void everyInputIsSurvived() throws IOException {
        List<Path> corpus;
        try (Stream<Path> files = Files.list(CORPUS)) {
            corpus = files.sorted().toList();
        }
        assertThat(corpus).hasSizeGreaterThan(20);
        for (Path input : corpus) {
            FrameFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
        }
    }
}
