package dev.qlease.cli.ncdevmem;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.cli.output.Output;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Undoes changes when the command ends, even by a signal: in reverse order, each once. {@link #close()} throws an
 * exception that names what could not be undone; after a signal, this is printed on standard error. Thread-safe; all
 * threads wait until everything is undone.
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

    /** Starts to wait for signals. */
    static PuttingBack begin(Output output) {
        PuttingBack puttingBack = new PuttingBack(output);
        Runtime.getRuntime().addShutdownHook(puttingBack.hook);
        return puttingBack;
    }

    /**
     * Records how to undo a change that was just made; undoes it at once if a signal has arrived in the meantime.
     *
     * @param what what was changed, for the message if it cannot be restored
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
                // The other changes must still be undone.
                failures.add(undo.what + " could not be restored: " + Failure.message(e));
            }
        }
    }

    /** A signal is ending the process: failures are reported here, since no caller will. */
    private void interrupted() {
        undo();
        try {
            for (String failure : failures) {
                output.note(failure);
            }
        } catch (IOException e) {
            // Standard error is closed: nothing can be reported.
            return;
        }
    }

    /**
     * Undoes everything that was recorded. Idempotent.
     *
     * @throws CommandException naming what could not be undone
     */
    @Override
    public void close() {
        undo();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // A signal came at the very end: the hook reports failures.
            return;
        }
        if (!failures.isEmpty()) {
            throw new CommandException(ExitCode.FAILED, String.join("; ", failures));
        }
    }
}
