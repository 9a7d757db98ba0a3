package dev.qlease.cli;

import dev.qlease.netlink.IpAddress;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

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

    /** What {@code --help} prints between what it is and what is common to all commands. */
    static final String OPTIONS = """
              -f DEV      the device
              -l          listen at ADDR, and print what one connection brings; else standard input is sent to ADDR,
                          a line with each sendmsg
              -s ADDR     the listening side's address; without it, and -c, it is only tried whether DEV can receive
              -p PORT     its port
              -c ADDR     the sending side's address; its port is PORT, too
              -t QUEUE    the first queue to receive by (the last that DEV has, if not given)
              -q N        how many queues, with -t
              -n          leave DEV's header split, RSS and flow rules as they are; else they are set, and put back
              -v N        print nothing, and fail unless the bytes 1, 2 ... N-1 and a newline come, over and over
              -L          fail if payload comes in ordinary memory
              -b BYTES    receive in pieces of this size (a page, if not given), out of huge pages if it is larger
              -z BYTES    send each line in pieces of at most this size
              -h, --help  print this help
            """;

    private static final int PAGE = 4096;
    private static final String FLAGS = "lnLh";
    private static final String VALUED = "fspctqvbz";
    private static final String HELP = "--help";
    private static final String SEE = "; see qlease ncdevmem --help";
    private static final int LAST_PORT = 65535;

    /**
     * Makes sense of the letters, as getopt(3) reads them.
     *
     * @throws CommandException if they make none
     */
    static NcdevmemRequest parse(List<String> args) {
        Letters letters = new Letters();
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            if (arg.equals(HELP)) {
                letters.take('h', "");
            } else if (arg.length() < 2 || arg.charAt(0) != '-') {
                throw usage("\"" + arg + "\" is one argument too many");
            } else {
                String next = i + 1 < args.size() ? args.get(i + 1) : null;
                if (letters.take(arg, next)) {
                    i++;
                }
            }
        }
        return of(letters);
    }

    /** The letters that were given. */
    private static final class Letters {
        private final Map<Character, String> values = new HashMap<>();

        void take(char letter, String value) {
            values.put(letter, value);
        }

        /** Takes {@code arg}, such as -lL, -p80 or -p; answers whether {@code next} is its value. */
        boolean take(String arg, @Nullable String next) {
            for (int at = 1; at < arg.length(); at++) {
                char letter = arg.charAt(at);
                if (FLAGS.indexOf(letter) >= 0) {
                    take(letter, "");
                } else if (VALUED.indexOf(letter) < 0) {
                    throw usage("no option -" + letter);
                } else if (at + 1 < arg.length()) {
                    take(letter, arg.substring(at + 1));
                    return false;
                } else if (next == null) {
                    throw usage("-" + letter + " needs a value");
                } else {
                    take(letter, next);
                    return true;
                }
            }
            return false;
        }

        boolean has(char letter) {
            return values.containsKey(letter);
        }

        Optional<String> value(char letter) {
            return Optional.ofNullable(values.get(letter));
        }

        OptionalInt number(char letter, int least, int most) {
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
            throw usage("-" + letter + " is a number from " + least + " to " + most + ", not \"" + text + "\"");
        }

        Optional<IpAddress> address(char letter) {
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
                        ExitCode.USAGE, "-" + letter + " is an IPv4 or IPv6 address, not \"" + text + "\"" + SEE, e);
            }
        }
    }

    private static CommandException usage(String sentence) {
        return new CommandException(ExitCode.USAGE, sentence + SEE);
    }

    private static NcdevmemRequest of(Letters letters) {
        boolean help = letters.has('h');
        boolean connects = letters.has('s') || letters.has('c');
        if (!help) {
            check(letters, connects);
        }
        OptionalInt first = letters.number('t', 0, Short.MAX_VALUE);
        OptionalInt count = letters.number('q', 1, Short.MAX_VALUE);
        OptionalInt pageSize = pageSize(letters);
        OptionalInt pattern = letters.number('v', 0, Pattern.LONGEST);
        if (pattern.orElse(0) > 0 && pattern.getAsInt() < Pattern.SHORTEST) {
            throw usage("-v is " + Pattern.SHORTEST + " to " + Pattern.LONGEST + ", or 0 for no pattern");
        }
        OptionalInt pieceSize = letters.number('z', 0, Integer.MAX_VALUE);
        return new NcdevmemRequest(
                help,
                letters.value('f').orElse(""),
                letters.has('l'),
                letters.address('s'),
                letters.address('c'),
                letters.number('p', 1, LAST_PORT).orElse(0),
                first.isPresent() && count.isPresent()
                        ? Optional.of(new Range(first.getAsInt(), count.getAsInt()))
                        : Optional.empty(),
                letters.has('n'),
                pattern.orElse(0) == 0 ? OptionalInt.empty() : pattern,
                letters.has('L'),
                pageSize,
                pieceSize.orElse(0) == 0 ? OptionalInt.empty() : pieceSize);
    }

    private static void check(Letters letters, boolean connects) {
        if (letters.value('f').orElse("").isEmpty()) {
            throw usage("-f DEV is missing");
        }
        if (letters.has('t') != letters.has('q')) {
            throw usage("-t and -q go together");
        }
        if (connects && !letters.has('s')) {
            throw usage("-s ADDR is missing");
        }
        if (connects && !letters.has('p')) {
            throw usage("-p PORT is missing");
        }
        if (letters.has('l') && !connects) {
            throw usage("-l needs -s ADDR and -p PORT");
        }
    }

    private static OptionalInt pageSize(Letters letters) {
        OptionalInt size = letters.number('b', 0, 1 << 30);
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
