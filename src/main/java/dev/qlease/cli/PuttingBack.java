package dev.qlease.cli;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What is to be undone when the command ends, the last thing first and each once: also when a signal ends it. What cannot be
 * undone is told of on standard error, and {@link #close()} fails for it. Safe for use by many threads, of which all wait
 * until everything is undone.
 */
final class PuttingBack implements AutoCloseable {
    private final Output output;
    private final Thread hook = Thread.ofPlatform().unstarted(this::interrupted);
    private final Deque<Undo> undos = new ArrayDeque<>();
    private final List<String> failures = new ArrayList<>();
    private boolean over;

    private record Undo(String what, Runnable action) {}

    private PuttingBack(Output output) {
        this.output = output;
    }

    /** Begins to look out for signals. */
    static PuttingBack begin(Output output) {
        PuttingBack puttingBack = new PuttingBack(output);
        Runtime.getRuntime().addShutdownHook(puttingBack.hook);
        return puttingBack;
    }

    /**
     * Remembers how to undo what was just done; does so at once if a signal has come meanwhile.
     *
     * @param what it is, for a sentence that says that it could not be put back
     */
    synchronized void add(String what, Runnable action) {
        undos.push(new Undo(what, action));
        if (over) {
            undo();
        }
    }

    private synchronized void undo() {
        over = true;
        while (!undos.isEmpty()) {
            Undo undo = undos.pop();
            try {
                undo.action.run();
            } catch (RuntimeException e) {
                // Whatever it is, the others are still to be undone.
                failures.add(undo.what + " is not as it was: " + Failure.message(e));
            }
        }
    }

    /** A signal is ending the process: nobody else will tell of what failed. */
    private void interrupted() {
        undo();
        try {
            for (String failure : failures) {
                output.note(failure);
            }
        } catch (IOException e) {
            // Standard error is closed: nobody is left to be told.
            return;
        }
    }

    /**
     * Undoes all.
     *
     * @throws CommandException naming what could not be undone
     */
    @Override
    public void close() {
        undo();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // A signal has come at the very end: the hook tells of failures.
            return;
        }
        if (!failures.isEmpty()) {
            throw new CommandException(ExitCode.FAILED, String.join("; ", failures));
        }
    }
}
