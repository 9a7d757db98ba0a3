package dev.qlease.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.qlease.devmem.DevmemOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Tells on standard error how far sending came, when a signal ends the process. Nothing else is to be done then: the kernel
 * resets the connection, unbinds and frees the dma-buf.
 */
final class SendInterrupt implements AutoCloseable {
    private final Thread hook;

    private SendInterrupt(Thread hook) {
        this.hook = hook;
    }

    /**
     * Begins to wait for a signal.
     *
     * @param progress what is to be taken off the terminal first
     */
    static SendInterrupt await(DevmemOutput sending, @Nullable SendProgress progress, boolean asJson, Output output) {
        Thread hook = Thread.ofPlatform().unstarted(() -> {
            try {
                if (progress != null) {
                    progress.close();
                }
                tell("interrupted: " + SendFailure.soFar(sending), asJson, output);
            } catch (IOException e) {
                // Standard error is closed: nobody is left to be told.
                return;
            }
        });
        Runtime.getRuntime().addShutdownHook(hook);
        return new SendInterrupt(hook);
    }

    /** Without an exit code among the fields: that is the signal's. */
    private static void tell(String sentence, boolean asJson, Output output) throws IOException {
        if (!asJson) {
            output.note(sentence);
            return;
        }
        try (JsonGenerator json = output.json()) {
            json.writeStartObject();
            json.writeStringField("error", sentence);
            json.writeEndObject();
        }
        output.print("\n");
        output.flushToError();
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // A signal has come at the very end: the hook asks the socket how far it came, which is closed after this.
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
