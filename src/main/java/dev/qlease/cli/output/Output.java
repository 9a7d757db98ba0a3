package dev.qlease.cli.output;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import dev.qlease.json.RecordWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A command's output. Standard output is buffered until {@link #flush()}, so that a command that fails prints nothing
 * there.
 */
public final class Output {
    private final OutputStream out;
    private final OutputStream err;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream(4096);

    public Output(OutputStream out, OutputStream err) {
        this.out = out;
        this.err = err;
    }

    /** Thrown if standard output cannot be written to. */
    public static final class ClosedException extends IOException {
        @java.io.Serial
        private static final long serialVersionUID = 1;

        ClosedException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** Prints lines to standard output, each ended; what is not {@linkplain Printable printable} is escaped. */
    public void print(String lines) {
        pending.writeBytes(Printable.block(lines).getBytes(StandardCharsets.UTF_8));
    }

    /** Prints one line; what is not {@linkplain Printable printable}, including line breaks, is escaped. */
    public void printLine(String text) {
        print(Printable.line(text) + "\n");
    }

    /** Prints names as {@linkplain Printable#data data}, each ended by NUL. */
    public void printNames(List<String> names) {
        for (String name : names) {
            pending.writeBytes((Printable.data(name) + "\0").getBytes(StandardCharsets.UTF_8));
        }
    }

    /**
     * Returns a JSON generator to standard output, whose strings are printed as {@linkplain Printable#data data}. Owned
     * by the caller; closing it does not close standard output.
     */
    public JsonGenerator json() throws IOException {
        JsonGenerator json =
                new JsonFactory().createGenerator(pending).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        return new JsonGeneratorDelegate(json) {
            @Override
            public void writeString(String text) throws IOException {
                super.writeString(Printable.data(text));
            }
        };
    }

    /** Prints a record as a JSON object on a line. */
    public void json(Record value) throws IOException {
        try (JsonGenerator json = json()) {
            RecordWriter.whole(json).write(value);
        }
        print("\n");
    }

    /** Prints records as a JSON array on a line. */
    public void json(List<? extends Record> values) throws IOException {
        try (JsonGenerator json = json()) {
            json.writeStartArray();
            for (Record value : values) {
                RecordWriter.whole(json).write(value);
            }
            json.writeEndArray();
        }
        print("\n");
    }

    /** Prints records as comma-separated values after a header with the names of their JSON members. */
    public void csv(List<? extends Record> values) {
        pending.writeBytes(Csv.format(values).getBytes(StandardCharsets.UTF_8));
    }

    /** Writes all that was printed to standard output. */
    public void flush() throws ClosedException {
        try {
            pending.writeTo(out);
            out.flush();
        } catch (IOException e) {
            throw new ClosedException(e);
        } finally {
            pending.reset();
        }
    }

    /** Prints a note for people, which no script should parse, on standard error. */
    public void note(String sentence) throws IOException {
        err.write(("qlease: " + Printable.line(sentence) + "\n").getBytes(StandardCharsets.UTF_8));
        err.flush();
    }

    /** Prints the stack trace of an error on standard error. */
    public void trace(Throwable thrown) throws IOException {
        StringWriter trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace));
        err.write(Printable.block(trace.toString()).getBytes(StandardCharsets.UTF_8));
        err.flush();
    }

    /** Overwrites the terminal's last line; {@code line} may contain control characters. */
    public void overwrite(String line) throws IOException {
        err.write(line.getBytes(StandardCharsets.UTF_8));
        err.flush();
    }

    /** Writes all that was printed to standard error instead. */
    public void flushToError() throws IOException {
        pending.writeTo(err);
        pending.reset();
        err.flush();
    }

    /** Reports a failure on standard error, and discards what has not been flushed. */
    public void fail(Failure failure, boolean asJson) throws IOException {
        pending.reset();
        if (!asJson) {
            note(failure.sentence());
            return;
        }
        json(failure.toJson());
        flushToError();
    }
}
