package dev.qlease.cli.top;

import dev.qlease.metrics.Rate;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** Formats numbers in at most 6 characters, with the units k, M, G, T, P and E, which are powers of 1000. */
final class Numbers {
    private static final String UNITS = "kMGTPE";
    private static final double STEP = 1000;
    private static final double LEAST_UNIT = 10_000;
    private static final double LEAST_WHOLE = 100;

    private Numbers() {}

    /** Formats a rate; empty if it is not known. */
    static String rate(Optional<Double> rate) {
        return rate.map(Numbers::text).orElse("");
    }

    /** Formats a counter, which is unsigned; empty if it is not known. */
    static String count(OptionalLong count) {
        return count.isPresent() ? count(count.getAsLong()) : "";
    }

    /** Formats a counter, which is unsigned. */
    static String count(long count) {
        return text(Rate.unsigned(count));
    }

    private static String text(double number) {
        if (number < LEAST_UNIT) {
            boolean whole = number == Math.rint(number) || number >= LEAST_WHOLE;
            return whole ? Long.toString(Math.round(number)) : String.format(Locale.ROOT, "%.1f", number);
        }
        double scaled = number;
        int unit = -1;
        while (scaled >= STEP - 0.5 && unit < UNITS.length() - 1) {
            scaled /= STEP;
            unit++;
        }
        String digits =
                scaled >= LEAST_WHOLE ? Long.toString(Math.round(scaled)) : String.format(Locale.ROOT, "%.1f", scaled);
        return digits + UNITS.charAt(unit);
    }
}
