package dev.qlease.metrics;

import java.util.List;
import java.util.Optional;

/**
 * A part of a sample, which succeeds or fails by itself. Immutable.
 *
 * @param source where it comes from
 * @param nanos when it was read, by {@link System#nanoTime()}
 * @param records what was read; not necessarily empty if reading failed
 * @param outcome whether it could be read
 * @param problem why it could not be read, as a sentence
 * @param <T> the type of its records
 */
public record Part<T>(Source source, long nanos, List<T> records, Outcome outcome, Optional<String> problem) {
    /** Whether a part could be read. */
    public enum Outcome {
        /** All of it was read. */
        READ,
        /** This kernel does not have it. */
        UNSUPPORTED,
        /** Nothing, or not all, could be read. */
        FAILED
    }

    /** Keeps a copy of the list. */
    public Part {
        records = List.copyOf(records);
    }

    /** Returns whether reading failed. */
    public boolean failed() {
        return outcome == Outcome.FAILED;
    }
}
