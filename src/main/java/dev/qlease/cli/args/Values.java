package dev.qlease.cli.args;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Parses the values of options that take a quantity. */
public final class Values {
    public static final int LAST_PORT = 65535;

    /** A packet keeps its receive queue's number plus 1 in 16 bits: skb_record_rx_queue in linux/skbuff.h. */
    public static final int LAST_QUEUE = 65534;

    private static final String UNITS = "KMG";
    private static final int UNIT_BITS = 10;
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,19}(\\.[0-9]{1,9})?");
    private static final int NANO_DIGITS = 9;
    private static final long MOST_SECONDS = Long.MAX_VALUE / 1_000_000_000;
    private static final Pattern SIZE = Pattern.compile("[0-9]{1,18}");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,10}");

    private Values() {}

    /**
     * Parses a non-negative integer in decimal digits.
     *
     * @param option the option, as typed
     * @param number the value, as given
     * @param least the smallest valid number
     * @param most the largest valid number
     * @throws CommandException if it is not a number in that range
     */
    public static int number(String option, String number, int least, int most) {
        if (NUMBER.matcher(number).matches()) {
            long value = Long.parseLong(number);
            if (value >= least && value <= most) {
                return (int) value;
            }
        }
        throw new CommandException(
                ExitCode.USAGE, option + " is a number from " + least + " to " + most + ", not \"" + number + "\"");
    }

    /**
     * Parses the values of {@code --queue}.
     *
     * @throws CommandException if one is not the number of a queue, or is named twice
     */
    public static List<Integer> queues(Arguments arguments) {
        List<Integer> queues = arguments.values(Option.QUEUE).stream()
                .map(text -> number(Option.QUEUE.longName(), text, 0, LAST_QUEUE))
                .toList();
        if (new HashSet<>(queues).size() != queues.size()) {
            throw new CommandException(
                    ExitCode.USAGE,
                    "--queue names a queue twice: " + queues + "; see qlease "
                            + arguments.command().orElseThrow().text() + " --help");
        }
        return queues;
    }

    /**
     * Parses a positive duration in seconds, which may have a fraction; empty if {@code seconds} is null.
     *
     * @param option the option
     * @param seconds the value, as given
     * @throws CommandException if it is not a duration, or out of range
     */
    public static Optional<Duration> duration(Option option, @Nullable String seconds) {
        if (seconds == null) {
            return Optional.empty();
        }
        if (SECONDS.matcher(seconds).matches()) {
            BigDecimal nanos = new BigDecimal(seconds).movePointRight(NANO_DIGITS);
            if (nanos.signum() > 0 && nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0) {
                return Optional.of(Duration.ofNanos(nanos.longValue()));
            }
        }
        throw new CommandException(
                ExitCode.USAGE,
                option.longName() + " is 0.000000001 to " + MOST_SECONDS + " seconds, such as 2 or 0.5, not \""
                        + seconds + "\"");
    }

    /**
     * Parses a size in bytes, or in K, M or G, which are powers of 1024; empty if {@code size} is null.
     *
     * @param option the option
     * @param size the value, as given
     * @param least the smallest valid size in bytes
     * @param most the largest valid size in bytes
     * @throws CommandException if it is not a size in that range
     */
    public static Optional<Long> size(Option option, @Nullable String size, long least, long most) {
        if (size == null) {
            return Optional.empty();
        }
        int unit = size.isEmpty() ? -1 : UNITS.indexOf(Character.toUpperCase(size.charAt(size.length() - 1)));
        String number = unit < 0 ? size : size.substring(0, size.length() - 1);
        if (SIZE.matcher(number).matches()) {
            long units = Long.parseLong(number);
            int bits = UNIT_BITS * (unit + 1);
            // Compared before it is shifted, which could overflow.
            if (units <= most >> bits && units << bits >= least) {
                return Optional.of(units << bits);
            }
        }
        throw new CommandException(
                ExitCode.USAGE,
                option.longName() + " is " + text(least) + " to " + text(most)
                        + ", in bytes or with K, M or G such as 64K, not \"" + size + "\"");
    }

    /** Formats a size as it can be given to an option, such as {@code 64K}, or in bytes where no unit fits. */
    public static String text(long bytes) {
        int unit = 0;
        long number = bytes;
        while (unit < UNITS.length() && number > 0 && number % (1 << UNIT_BITS) == 0) {
            number >>= UNIT_BITS;
            unit++;
        }
        return unit == 0 ? bytes + (bytes == 1 ? " byte" : " bytes") : number + UNITS.substring(unit - 1, unit);
    }
}
