package dev.qlease.metrics;

import java.util.HashMap;
import java.util.Map;

/**
 * Compares the rows of each sample with those of the sample before. An object that was deleted, reset or replaced in
 * between has no rate. Not thread-safe.
 */
public final class Rates {
    private Map<String, Reading> before = Map.of();
    private Map<String, Rate> rates = Map.of();

    private record Reading(Counters counters, long nanos) {}

    /** Takes the next sample. */
    public void next(Rows rows) {
        Map<String, Reading> readings = new HashMap<>();
        Map<String, Rate> next = new HashMap<>();
        rows.all().forEach(row -> {
            Reading now = new Reading(row.counters(), row.nanos());
            Reading last = before.get(row.identity());
            readings.put(row.identity(), now);
            next.put(
                    row.identity(),
                    last == null
                            ? Rate.UNKNOWN
                            : Rate.between(last.counters(), now.counters(), now.nanos() - last.nanos()));
        });
        before = readings;
        rates = next;
    }

    /** Returns the rate of a row of the last sample. */
    public Rate of(Row row) {
        return rates.getOrDefault(row.identity(), Rate.UNKNOWN);
    }
}
