package dev.qlease.cli.transfer;

import dev.qlease.cli.output.Output;
import dev.qlease.cli.output.Progress;
import dev.qlease.devmem.DevmemOutput;
import java.io.IOException;

/**
 * Reports on standard error how much was sent when a signal ends the process. Nothing else is needed then: the kernel
 * resets the connection, and unbinds and frees the dma-buf.
 */
final class SendInterrupt implements AutoCloseable {
    private final Thread hook;

    private SendInterrupt(Thread hook) {
        this.hook = hook;
    }

    /**
     * Starts to wait for a signal.
     *
     * @param progress the progress to clear first
     */
    static SendInterrupt await(DevmemOutput sending, Progress progress, boolean asJson, Output output) {
        Thread hook = Thread.ofPlatform().unstarted(() -> {
            try {
                progress.close();
                tell("interrupted: " + SendFailure.soFar(sending), asJson, output);
            } catch (IOException e) {
                // Standard error is closed: nothing can be reported.
                return;
            }
        });
        Runtime.getRuntime().addShutdownHook(hook);
        return new SendInterrupt(hook);
    }

    /** The form in which it is printed: without an exit status, which the signal determines. */
    private record Json(String error) {}

    private static void tell(String sentence, boolean asJson, Output output) throws IOException {
        if (!asJson) {
            output.note(sentence);
            return;
        }
        output.json(new Json(sentence));
        output.flushToError();
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // A signal came at the very end: the hook still needs the socket, which is closed after this.
            awaitHook();
        }
    }

    private void awaitHook() {
        try {
            hook.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
