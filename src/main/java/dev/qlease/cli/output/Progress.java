package dev.qlease.cli.output;

import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Shows the progress of long work on a terminal: a line on standard error that is overwritten until this is closed.
 * Shows nothing if standard error is not a terminal. The line is cleared when work ends, also by a signal.
 */
public final class Progress implements AutoCloseable {
    private static final long PERIOD_MILLIS = 200;

    /** Moves to the start of the line and clears it; ECMA-48. */
    private static final String CLEAR = "\r\u001b[K";

    /** What does not fit into the line does not go on in the next one. */
    private static final String NO_WRAP = "\u001b[?7l";

    private static final String WRAP = "\u001b[?7h";

    private final Supplier<String> line;
    private final Output output;
    private @Nullable Thread thread;
    private @Nullable Thread hook;

    private Progress(Supplier<String> line, Output output) {
        this.line = line;
        this.output = output;
    }

    /**
     * Starts to show the progress.
     *
     * @param quiet whether to show nothing in any case, such as with {@code --json}
     * @param line returns the line to show; called on another thread. What matters most comes first, since a narrow
     *     terminal cuts the end
     */
    public static Progress show(boolean quiet, Output output, Supplier<String> line) {
        Progress progress = new Progress(line, output);
        if (!quiet && Terminals.isTerminal(Terminals.STANDARD_ERROR)) {
            progress.start();
        }
        return progress;
    }

    private synchronized void start() {
        Thread writer = Thread.ofPlatform().daemon().name("qlease-progress").unstarted(this::run);
        Thread atEnd = Thread.ofPlatform().unstarted(this::closeAtEnd);
        thread = writer;
        hook = atEnd;
        Runtime.getRuntime().addShutdownHook(atEnd);
        writer.start();
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                output.overwrite(CLEAR + NO_WRAP + Printable.line(line.get()) + WRAP);
                Thread.sleep(PERIOD_MILLIS);
            }
        } catch (IOException | InterruptedException | IllegalStateException e) {
            // The terminal is gone, or there is nothing more to show.
            return;
        }
    }

    private void closeAtEnd() {
        try {
            close();
        } catch (IOException e) {
            // The terminal is gone.
            return;
        }
    }

    /** Stops, and clears the line. Idempotent. */
    @Override
    public synchronized void close() throws IOException {
        Thread writer = thread;
        Thread atEnd = hook;
        thread = null;
        hook = null;
        if (writer == null || atEnd == null) {
            return;
        }
        writer.interrupt();
        try {
            writer.join(PERIOD_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        output.overwrite(CLEAR);
        try {
            Runtime.getRuntime().removeShutdownHook(atEnd);
        } catch (IllegalStateException e) {
            // A signal ends the process.
            return;
        }
    }
}
