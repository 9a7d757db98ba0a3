package dev.qlease.cli;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is given for options that take a quantity. */
final class Values {
    private static final String UNITS = "KMG";
    private static final int UNIT_BITS = 10;

    private Values() {}

    /**
     * A time in seconds, which may have a fraction.
     *
     * @param option what it was given for
     * @param seconds as it was given; null if it was not
     * @throws CommandException if it is no time, or none
     */
    static Optional<Duration> duration(Option option, @Nullable String seconds) {
        if (seconds == null) {
            return Optional.empty();
        }
        try {
            double value = Double.parseDouble(seconds);
            if (value > 0 && value < Long.MAX_VALUE / 1e9) {
                return Optional.of(Duration.ofNanos((long) (value * 1e9)));
            }
        } catch (NumberFormatException e) {
            throw new CommandException(ExitCode.USAGE, option.longName() + " is seconds, not \"" + seconds + "\"", e);
        }
        throw new CommandException(ExitCode.USAGE, option.longName() + " is more than 0 seconds, not " + seconds);
    }

    /**
     * A size in bytes, or in K, M or G of 1024 each.
     *
     * @param option what it was given for
     * @param size as it was given; null if it was not
     * @param least the smallest that makes sense
     * @param most the largest
     * @throws CommandException if it is no size, or not between these
     */
    static Optional<Long> size(Option option, @Nullable String size, long least, long most) {
        if (size == null) {
            return Optional.empty();
        }
        int unit = size.isEmpty() ? -1 : UNITS.indexOf(Character.toUpperCase(size.charAt(size.length() - 1)));
        String number = unit < 0 ? size : size.substring(0, size.length() - 1);
        if (number.isEmpty() || !number.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new CommandException(
                    ExitCode.USAGE,
                    option.longName() + " is bytes, or K, M or G of them such as 64K, not \"" + size + "\"");
        }
        long bytes;
        try {
            bytes = Math.multiplyExact(Long.parseLong(number), 1L << (UNIT_BITS * (unit + 1)));
        } catch (ArithmeticException | NumberFormatException e) {
            // More than 64 bits hold is more than anything that is allowed, too.
            bytes = Long.MAX_VALUE;
        }
        if (bytes < least || bytes > most) {
            throw new CommandException(
                    ExitCode.USAGE, option.longName() + " is " + text(least) + " to " + text(most) + ", not " + size);
        }
        return Optional.of(bytes);
    }

    /** A size as it would be given: {@code 64K}, or bytes where no unit fits. */
    static String text(long bytes) {
        int unit = 0;
        long number = bytes;
        while (unit < UNITS.length() && number > 0 && number % (1 << UNIT_BITS) == 0) {
            number >>= UNIT_BITS;
            unit++;
        }
        return unit == 0 ? bytes + " bytes" : number + UNITS.substring(unit - 1, unit);
    }
}
