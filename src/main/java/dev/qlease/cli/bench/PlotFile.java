package dev.qlease.cli.bench;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A file that appears, or is replaced, only once it is complete. */
final class PlotFile {
    private final Path file;

    private PlotFile(Path file) {
        this.file = file;
    }

    /**
     * Returns the file at {@code path}, which is written later.
     *
     * @throws CommandException if it cannot be written
     */
    static PlotFile of(Path path) {
        Path file = path.toAbsolutePath();
        try {
            // A link is kept, and what it leads to is replaced.
            file = Files.exists(file) ? file.toRealPath() : file;
        } catch (IOException e) {
            throw refused(path, Failure.message(e));
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw refused(path, "it exists and is not a regular file");
        }
        Path directory = file.getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw refused(path, "there is no directory " + directory);
        }
        if (!Files.isWritable(directory)) {
            throw refused(path, "no file can be created in " + directory);
        }
        return new PlotFile(file);
    }

    private static CommandException refused(Path path, String reason) {
        return new CommandException(ExitCode.FAILED, "--plot " + path + " cannot be written: " + reason);
    }

    /**
     * Writes the file: first beside it, then renamed.
     *
     * @throws CommandException if that fails
     */
    void write(String text) {
        Path beside = file.resolveSibling(
                "." + file.getFileName() + "." + ProcessHandle.current().pid());
        try {
            try {
                Files.writeString(
                        beside, text, StandardCharsets.UTF_8, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(beside);
            }
        } catch (IOException e) {
            throw refused(file, Failure.message(e));
        }
    }
}
