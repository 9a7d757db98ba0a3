package dev.qlease.cli.args;

/** The options of {@code qlease ncdevmem}: the letters that the kernel's selftests use. */
public enum NcdevmemOption {
    DEV("-f", "DEV", "the device"),
    LISTEN(
            "-l",
            "",
            "listen on ADDR and print the data of one connection; otherwise send standard input to ADDR, one line"
                    + " per sendmsg"),
    SERVER("-s", "ADDR", "address of the listening side; without -s and -c, only test whether DEV can receive"),
    PORT("-p", "PORT", "port of both sides"),
    CLIENT("-c", "ADDR", "address of the sending side"),
    QUEUE("-t", "QUEUE", "first queue to receive on (default: the last queue of DEV)"),
    QUEUES("-q", "N", "number of queues, with -t"),
    KEEP_CONFIG(
            "-n",
            "",
            "leave header split, RSS and flow rules of DEV as they are; otherwise they are set, and restored"),
    VERIFY("-v", "N", "print nothing; fail unless the data is the bytes 1, 2 ... N-1 and a newline, repeated"),
    FAIL_ON_LINEAR("-L", "", "fail if payload arrives in ordinary memory"),
    RX_PAGE_SIZE(
            "-b", "BYTES", "receive in pieces of this size (default: a page), in huge pages if larger than a page"),
    PIECE_SIZE("-z", "BYTES", "send each line in pieces of at most this size"),
    HELP("-h", "", "print this help");

    private final String letter;
    private final String value;
    private final String description;

    NcdevmemOption(String letter, String value, String description) {
        this.letter = letter;
        this.value = value;
        this.description = description;
    }

    /** Returns the option as typed; {@link #HELP} also has the long name that other commands use. */
    public String letter() {
        return letter;
    }

    /** Returns the name of the option's value; empty if it takes none. */
    String value() {
        return value;
    }

    public boolean takesValue() {
        return !value.isEmpty();
    }

    String description() {
        return description;
    }
}
