package dev.qlease.cli.transfer;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The output of {@code qlease receive}. An existing file is opened at once, so that one that may not be written is
 * refused first, but keeps its contents until a connection is accepted. A new file is created only when everything else
 * is ready.
 */
final class ReceiveFile implements AutoCloseable {
    private final Optional<Path> file;
    private @Nullable FileChannel channel;

    private ReceiveFile(Optional<Path> file) {
        this.file = file;
    }

    /**
     * Opens {@code file} if it exists; empty stands for standard output.
     *
     * @throws CommandException if it cannot be written
     */
    static ReceiveFile of(Optional<Path> file) {
        ReceiveFile out = new ReceiveFile(file);
        if (file.isEmpty()) {
            out.channel = new FileOutputStream(FileDescriptor.out).getChannel();
        } else if (Files.exists(file.get()) || !Files.isDirectory(directory(file.get()))) {
            out.open(file.get(), StandardOpenOption.WRITE);
        }
        return out;
    }

    private static Path directory(Path file) {
        Path parent = file.getParent();
        return parent == null ? Path.of("") : parent;
    }

    private FileChannel open(Path path, StandardOpenOption... options) {
        try {
            FileChannel opened = FileChannel.open(path, options);
            channel = opened;
            return opened;
        } catch (IOException e) {
            throw new CommandException(ExitCode.FAILED, "cannot write " + sentence(e), e);
        }
    }

    private static String sentence(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> Failure.message(e) + ": No such file or directory";
            case AccessDeniedException _ -> Failure.message(e) + ": Permission denied";
            default -> Failure.message(e);
        };
    }

    /**
     * Creates the file if it does not exist; the contents of an existing file are kept.
     *
     * @throws CommandException if it cannot be created
     */
    FileChannel create() {
        FileChannel opened = channel;
        return opened != null ? opened : open(file.orElseThrow(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /** Truncates the file and returns it for writing; remains owned by this object. */
    FileChannel empty() throws IOException {
        FileChannel opened = create();
        if (file.isPresent()) {
            opened.truncate(0);
        }
        return opened;
    }

    @Override
    public void close() throws IOException {
        FileChannel opened = channel;
        if (opened != null) {
            opened.close();
        }
    }
}
