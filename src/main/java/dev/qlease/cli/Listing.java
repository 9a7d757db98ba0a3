package dev.qlease.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/**
 * A list of records that the kernel gives, and how it is shown.
 *
 * @param what what there is none of, when the list is empty
 * @param fetch asks the kernel
 * @param text shows it to a person
 */
record Listing<T extends Record>(
        String what, Function<Target, List<T>> fetch, Function<Target, Function<List<T>, String>> text) {
    /** A list that is shown as a table, whose columns may need the names of devices. */
    static <T extends Record> Listing<T> table(
            String what, Function<Target, List<T>> fetch, Function<Target, Table<T>> table) {
        return new Listing<>(what, fetch, target -> table.apply(target)::format);
    }

    /** Prints the list once all of it has come. */
    void print(Target target, boolean asJson, Output output) throws IOException {
        List<T> records = fetch.apply(target);
        if (asJson) {
            try (JsonGenerator json = output.json()) {
                RecordJson writer = new RecordJson(json, target::name);
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
