package dev.qlease.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToIntFunction;

/**
 * One counter of a record of statistics: a line for each reads better than a column for each of thirty.
 *
 * @param of the record
 * @param ifindex the device, 0 if it is gone
 * @param name the counter's name
 * @param value its value
 */
record Counter<T extends Record>(T of, int ifindex, String name, String value) {
    /** All counters that {@code records} have. */
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
