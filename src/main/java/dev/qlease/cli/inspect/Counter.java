package dev.qlease.cli.inspect;

import dev.qlease.json.Component;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToIntFunction;

/**
 * One counter of a statistics record. Each is shown on a line: thirty columns would not fit.
 *
 * @param of the record
 * @param ifindex the device, 0 if it is gone
 * @param name the counter's name
 * @param value its value
 */
record Counter<T extends Record>(T of, int ifindex, String name, String value) {
    /** Returns all counters that {@code records} have. */
    static <T extends Record> List<Counter<T>> of(List<T> records, ToIntFunction<T> ifindex) {
        List<Counter<T>> counters = new ArrayList<>();
        for (T each : records) {
            for (Component component : Component.of(each.getClass())) {
                if (component.of(each) instanceof OptionalLong value && value.isPresent()) {
                    String number = Long.toUnsignedString(value.getAsLong());
                    counters.add(new Counter<>(each, ifindex.applyAsInt(each), component.name(), number));
                }
            }
        }
        return counters;
    }
}
