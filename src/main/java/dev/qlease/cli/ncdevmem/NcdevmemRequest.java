package dev.qlease.cli.ncdevmem;

import dev.qlease.cli.args.CommandLines;
import dev.qlease.cli.args.NcdevmemOption;
import dev.qlease.cli.args.Pattern;
import dev.qlease.cli.args.Values;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.linux.sys.Memory;
import dev.qlease.netlink.IpAddress;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The options of {@code qlease ncdevmem}: the letters that the kernel's selftests use.
 *
 * @param help whether only to print the help
 * @param ifname the device
 * @param listen whether to receive instead of sending
 * @param server the receiving side; empty to test the device only
 * @param client the sending side, if given
 * @param port the port of both
 * @param queues the queues to receive on; empty for the device's last one
 * @param keepConfig whether to leave the NIC's settings as they are
 * @param pattern the period of the expected {@link Pattern}; empty to print the data
 * @param failOnLinear whether payload in ordinary memory is a failure
 * @param rxPageSize bytes of the pieces to receive in; empty for a page
 * @param pieceSize the most bytes of a piece to send; empty for whole lines
 */
record NcdevmemRequest(
        boolean help,
        String ifname,
        boolean listen,
        Optional<IpAddress> server,
        Optional<IpAddress> client,
        int port,
        Optional<Range> queues,
        boolean keepConfig,
        OptionalInt pattern,
        boolean failOnLinear,
        OptionalInt rxPageSize,
        OptionalInt pieceSize) {
    /**
     * A range of consecutive queues.
     *
     * @param first the first queue
     * @param count the number of queues
     */
    record Range(int first, int count) {}

    private static final long PAGE = Memory.pageSize();
    private static final String SEE = "; see qlease ncdevmem --help";
    private static final int MOST_PAGE = 1 << 30;

    /**
     * Parses the options.
     *
     * @throws CommandException if an option is missing or invalid
     */
    static NcdevmemRequest parse(List<String> args) {
        return of(new Letters(CommandLines.ncdevmem(args)));
    }

    /** The letters that were given. */
    private record Letters(Map<NcdevmemOption, String> values) {
        boolean has(NcdevmemOption letter) {
            return values.containsKey(letter);
        }

        Optional<String> value(NcdevmemOption letter) {
            return Optional.ofNullable(values.get(letter));
        }

        OptionalInt number(NcdevmemOption letter, int least, int most) {
            String text = values.get(letter);
            return text == null
                    ? OptionalInt.empty()
                    : OptionalInt.of(Values.number(letter.letter(), text, least, most));
        }

        Optional<IpAddress> address(NcdevmemOption letter) {
            String text = values.get(letter);
            if (text == null) {
                return Optional.empty();
            }
            try {
                String address = IpAddress.parse(text).toString();
                // The packets of an IPv4-mapped IPv6 address are IPv4.
                return Optional.of(IpAddress.of(InetAddress.ofLiteral(address)));
            } catch (IllegalArgumentException e) {
                throw new CommandException(
                        ExitCode.USAGE, letter.letter() + " is an IPv4 or IPv6 address, not \"" + text + "\"" + SEE, e);
            }
        }
    }

    private static CommandException usage(String sentence) {
        return new CommandException(ExitCode.USAGE, sentence + SEE);
    }

    private static NcdevmemRequest of(Letters letters) {
        boolean help = letters.has(NcdevmemOption.HELP);
        boolean connects = letters.has(NcdevmemOption.SERVER) || letters.has(NcdevmemOption.CLIENT);
        if (!help) {
            check(letters, connects);
        }
        OptionalInt first = letters.number(NcdevmemOption.QUEUE, 0, Values.LAST_QUEUE);
        OptionalInt count = letters.number(NcdevmemOption.QUEUES, 1, Values.LAST_QUEUE);
        OptionalInt pageSize = pageSize(letters);
        OptionalInt pattern = letters.number(NcdevmemOption.VERIFY, 0, Pattern.LONGEST);
        if (pattern.orElse(0) > 0 && pattern.getAsInt() < Pattern.SHORTEST) {
            throw usage("-v is " + Pattern.SHORTEST + " to " + Pattern.LONGEST + ", or 0 for no pattern, not "
                    + pattern.getAsInt());
        }
        OptionalInt pieceSize = letters.number(NcdevmemOption.PIECE_SIZE, 0, Integer.MAX_VALUE);
        return new NcdevmemRequest(
                help,
                letters.value(NcdevmemOption.DEV).orElse(""),
                letters.has(NcdevmemOption.LISTEN),
                letters.address(NcdevmemOption.SERVER),
                letters.address(NcdevmemOption.CLIENT),
                letters.number(NcdevmemOption.PORT, 1, Values.LAST_PORT).orElse(0),
                first.isPresent() && count.isPresent()
                        ? Optional.of(new Range(first.getAsInt(), count.getAsInt()))
                        : Optional.empty(),
                letters.has(NcdevmemOption.KEEP_CONFIG),
                pattern.orElse(0) == 0 ? OptionalInt.empty() : pattern,
                letters.has(NcdevmemOption.FAIL_ON_LINEAR),
                pageSize,
                pieceSize.orElse(0) == 0 ? OptionalInt.empty() : pieceSize);
    }

    private static void check(Letters letters, boolean connects) {
        if (letters.value(NcdevmemOption.DEV).orElse("").isEmpty()) {
            throw usage("missing -f DEV");
        }
        if (letters.has(NcdevmemOption.QUEUE) != letters.has(NcdevmemOption.QUEUES)) {
            throw usage("-t and -q require each other");
        }
        if (connects && !letters.has(NcdevmemOption.SERVER)) {
            throw usage("missing -s ADDR");
        }
        if (connects && !letters.has(NcdevmemOption.PORT)) {
            throw usage("missing -p PORT");
        }
        if (letters.has(NcdevmemOption.LISTEN) && !connects) {
            throw usage("-l requires -s ADDR and -p PORT");
        }
    }

    private static OptionalInt pageSize(Letters letters) {
        OptionalInt size = letters.number(NcdevmemOption.RX_PAGE_SIZE, 0, MOST_PAGE);
        if (size.orElse(0) == 0) {
            return OptionalInt.empty();
        }
        if (Integer.bitCount(size.getAsInt()) != 1 || size.getAsInt() < PAGE) {
            throw usage("-b is a power of two from " + PAGE + " to " + MOST_PAGE + ", or 0 for a page, not "
                    + size.getAsInt());
        }
        return size;
    }

    /** Returns whether the pieces to receive in are larger than a page. */
    boolean largePieces() {
        return rxPageSize.orElse(0) > PAGE;
    }
}
