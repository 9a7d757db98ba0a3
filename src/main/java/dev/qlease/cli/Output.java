package dev.qlease.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Where a command prints. What it prints to standard output is kept until {@link #flush()}, so that a command which fails
 * has printed nothing.
 */
final class Output {
    private final OutputStream out;
    private final OutputStream err;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream(4096);

    Output(OutputStream out, OutputStream err) {
        this.out = out;
        this.err = err;
    }

    /** Standard output could not be written to. */
    static final class ClosedException extends IOException {
        @java.io.Serial
        private static final long serialVersionUID = 1;

        ClosedException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** Prints to standard output. */
    void print(String text) {
        pending.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Prints JSON to standard output; closing the generator leaves that open. */
    JsonGenerator json() throws IOException {
        return new JsonFactory().createGenerator(pending).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    }

    /** Hands all that was printed to standard output. */
    void flush() throws ClosedException {
        try {
            pending.writeTo(out);
            out.flush();
        } catch (IOException e) {
            throw new ClosedException(e);
        } finally {
            pending.reset();
        }
    }

    /** Tells the person at the terminal something that no script should read. */
    void note(String sentence) throws IOException {
        err.write(("qlease: " + sentence + "\n").getBytes(StandardCharsets.UTF_8));
        err.flush();
    }

    /** Writes over the terminal's last line. */
    void overwrite(String line) throws IOException {
        err.write(line.getBytes(StandardCharsets.UTF_8));
        err.flush();
    }

    /** Hands all that was printed to standard error instead. */
    void flushToError() throws IOException {
        pending.writeTo(err);
        pending.reset();
        err.flush();
    }

    /** Tells of a failure on standard error, and drops what was not handed on yet. */
    void fail(Failure failure, boolean asJson) throws IOException {
        pending.reset();
        if (!asJson) {
            note(failure.sentence());
            return;
        }
        try (JsonGenerator json = json()) {
            failure.writeTo(json);
        }
        print("\n");
        flushToError();
    }
}
