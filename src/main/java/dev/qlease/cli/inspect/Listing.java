package dev.qlease.cli.inspect;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.cli.output.Output;
import dev.qlease.cli.output.Table;
import dev.qlease.json.RecordWriter;
import dev.qlease.netlink.DumpInterruptedException;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/**
 * A list of records from the kernel, and how it is shown.
 *
 * @param what what is missing if the list is empty, after "no"
 * @param fetch gets the records from the kernel
 * @param text formats the records as text
 */
public record Listing<T extends Record>(
        String what, Function<Target, List<T>> fetch, Function<Target, Function<List<T>, String>> text) {
    /** Creates a list shown as a table, whose columns may need the names of devices. */
    static <T extends Record> Listing<T> table(
            String what, Function<Target, List<T>> fetch, Function<Target, Table<T>> table) {
        return new Listing<>(what, fetch, target -> table.apply(target)::format);
    }

    /**
     * Prints the list once it is complete.
     *
     * @return {@link ExitCode#FAILED} if the list changed during every attempt to read it: the result of the last
     *     attempt is printed then, with a warning
     */
    public ExitCode print(Target target, boolean asJson, Output output) throws IOException {
        try {
            print(fetch.apply(target), target, asJson, output);
            return ExitCode.DONE;
        } catch (DumpInterruptedException e) {
            // The records have the type that the request would have returned.
            @SuppressWarnings("unchecked")
            List<T> incomplete = (List<T>) e.records();
            print(incomplete, target, asJson, output);
            String warning = "warning: " + Failure.message(e) + ": entries may be missing or repeated";
            output.fail(new Failure(ExitCode.FAILED, warning, e.errno()), asJson);
            return ExitCode.FAILED;
        }
    }

    private void print(List<T> records, Target target, boolean asJson, Output output) throws IOException {
        if (asJson) {
            try (JsonGenerator json = output.json()) {
                RecordWriter writer = RecordWriter.brief(json, target::name);
                json.writeStartArray();
                for (T each : records) {
                    writer.write(each);
                }
                json.writeEndArray();
            }
            output.print("\n");
        } else if (records.isEmpty()) {
            output.note("no " + what);
        } else {
            output.print(text.apply(target).apply(records));
        }
        output.flush();
    }
}
