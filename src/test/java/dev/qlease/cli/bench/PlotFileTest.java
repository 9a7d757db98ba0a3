package dev.qlease.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.cli.output.CommandException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlotFileTest {
    @TempDir
    private Path directory;

    @Test
    void aFileAppearsAndIsReplacedAsAWhole() throws IOException {
        Path file = directory.resolve("plot.svg");
        PlotFile plot = PlotFile.of(file);
        assertThat(file).doesNotExist();
        plot.write("one");
        assertThat(file).hasContent("one");
        PlotFile.of(file).write("two");
        assertThat(file).hasContent("two");
        try (var entries = Files.list(directory)) {
            assertThat(entries).containsExactly(file);
        }
    }

    @Test
    void aLinkIsKept() throws IOException {
        Path file = Files.createFile(directory.resolve("real.svg"));
        Path link = Files.createSymbolicLink(directory.resolve("link.svg"), file);
        PlotFile.of(link).write("drawn");
        assertThat(link).isSymbolicLink().hasContent("drawn");
        assertThat(file).hasContent("drawn");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/nix/plot.svg | there is no directory /nix",
                "/dev/null | it exists and is not a regular file",
                "/ | it exists and is not a regular file",
                "/proc/self/plot.svg | "
            })
    void whatCannotBeWrittenIsRefused(String path, String reason) {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> PlotFile.of(Path.of(path)).write(""))
                .withMessageStartingWith("--plot ")
                .withMessageContaining(" cannot be written: " + (reason == null ? "" : reason));
        assertThat(Path.of("/dev/null")).exists();
    }

    @Test
    void aDirectoryThatIsGoneMeanwhileIsSaid() throws IOException {
        Path inner = Files.createDirectory(directory.resolve("inner"));
        PlotFile plot = PlotFile.of(inner.resolve("plot.svg"));
        Files.delete(inner);
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> plot.write("late"))
                .withMessageContaining(" cannot be written: ");
    }
}
