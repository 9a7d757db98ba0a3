package dev.qlease.cli.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.cli.output.CommandException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReceiveFileTest {
    @TempDir
    private Path directory;

    @Test
    void aFileIsCreatedWhenThatIsAskedFor() throws IOException {
        Path file = directory.resolve("new");
        try (ReceiveFile out = ReceiveFile.of(Optional.of(file))) {
            assertThat(file).doesNotExist();
            out.create();
            assertThat(file).exists();
            assertThat(out.empty().write(ByteBuffer.wrap(new byte[] {1, 2}))).isEqualTo(2);
        }
        assertThat(file).hasBinaryContent(new byte[] {1, 2});
    }

    @Test
    void aFileThatExistsKeepsItsContentsUntilItIsEmptied() throws IOException {
        Path file = Files.writeString(directory.resolve("old"), "kept");
        try (ReceiveFile out = ReceiveFile.of(Optional.of(file))) {
            out.create();
            assertThat(file).hasContent("kept");
            out.empty();
            assertThat(file).isEmptyFile();
        }
    }

    @Test
    void whatCannotBeWrittenIsRefusedAtOnce() {
        Path nowhere = directory.resolve("none/file");
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> ReceiveFile.of(Optional.of(nowhere)))
                .withMessage("cannot write " + nowhere + ": No such file or directory");
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> ReceiveFile.of(Optional.of(directory)))
                .withMessageStartingWith("cannot write " + directory);
    }
}
