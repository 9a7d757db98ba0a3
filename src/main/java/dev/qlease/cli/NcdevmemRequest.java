package dev.qlease.cli;

import dev.qlease.netlink.IpAddress;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What {@code qlease ncdevmem} was told to do, with the letters that the kernel's selftests use.
 *
 * @param help whether only to tell of the letters
 * @param ifname the device
 * @param listen whether to receive; else it sends
 * @param server the receiving side; empty for trying the device out
 * @param client the sending side, if it was said
 * @param port the port of both
 * @param queues the first of the queues to receive by and how many; empty for the device's last one
 * @param keepConfig whether the NIC is to stay as it is
 * @param pattern what is expected, as {@link Pattern} numbers it; empty to print what comes
 * @param failOnLinear whether payload in ordinary memory is a failure
 * @param rxPageSize bytes of the pieces to receive in; empty for a page
 * @param pieceSize the most bytes of a piece that is sent; empty for whole lines
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
     * Queues in a row.
     *
     * @param first the first of them
     * @param count how many
     */
    record Range(int first, int count) {}

    private static final int PAGE = 4096;
    private static final String SEE = "; see qlease ncdevmem --help";
    private static final int LAST_PORT = 65535;

    /**
     * Makes sense of the letters.
     *
     * @throws CommandException if they make none
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
            if (text == null) {
                return OptionalInt.empty();
            }
            if (text.matches("[0-9]{1,10}")) {
                long number = Long.parseLong(text);
                if (number >= least && number <= most) {
                    return OptionalInt.of((int) number);
                }
            }
            throw usage(letter.letter() + " is a number from " + least + " to " + most + ", not \"" + text + "\"");
        }

        Optional<IpAddress> address(NcdevmemOption letter) {
            String text = values.get(letter);
            if (text == null) {
                return Optional.empty();
            }
            try {
                String address = IpAddress.parse(text).toString();
                // One in the form of an IPv4-mapped IPv6 address is an IPv4 one: that is what packets have.
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
        OptionalInt first = letters.number(NcdevmemOption.QUEUE, 0, Short.MAX_VALUE);
        OptionalInt count = letters.number(NcdevmemOption.QUEUES, 1, Short.MAX_VALUE);
        OptionalInt pageSize = pageSize(letters);
        OptionalInt pattern = letters.number(NcdevmemOption.VERIFY, 0, Pattern.LONGEST);
        if (pattern.orElse(0) > 0 && pattern.getAsInt() < Pattern.SHORTEST) {
            throw usage("-v is " + Pattern.SHORTEST + " to " + Pattern.LONGEST + ", or 0 for no pattern");
        }
        OptionalInt pieceSize = letters.number(NcdevmemOption.PIECE_SIZE, 0, Integer.MAX_VALUE);
        return new NcdevmemRequest(
                help,
                letters.value(NcdevmemOption.DEV).orElse(""),
                letters.has(NcdevmemOption.LISTEN),
                letters.address(NcdevmemOption.SERVER),
                letters.address(NcdevmemOption.CLIENT),
                letters.number(NcdevmemOption.PORT, 1, LAST_PORT).orElse(0),
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
            throw usage("-f DEV is missing");
        }
        if (letters.has(NcdevmemOption.QUEUE) != letters.has(NcdevmemOption.QUEUES)) {
            throw usage("-t and -q go together");
        }
        if (connects && !letters.has(NcdevmemOption.SERVER)) {
            throw usage("-s ADDR is missing");
        }
        if (connects && !letters.has(NcdevmemOption.PORT)) {
            throw usage("-p PORT is missing");
        }
        if (letters.has(NcdevmemOption.LISTEN) && !connects) {
            throw usage("-l needs -s ADDR and -p PORT");
        }
    }

    private static OptionalInt pageSize(Letters letters) {
        OptionalInt size = letters.number(NcdevmemOption.RX_PAGE_SIZE, 0, 1 << 30);
        if (size.orElse(0) == 0) {
            return OptionalInt.empty();
        }
        if (Integer.bitCount(size.getAsInt()) != 1 || size.getAsInt() < PAGE) {
            throw usage("-b is a power of two of at least " + PAGE + ", not " + size.getAsInt());
        }
        return size;
    }

    /** Whether the pieces to receive in are larger than a page. */
    boolean largePieces() {
        return rxPageSize.orElse(0) > PAGE;
    }
}
