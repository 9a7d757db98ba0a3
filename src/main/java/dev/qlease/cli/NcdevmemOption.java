package dev.qlease.cli;

/** What can be given to {@code qlease ncdevmem}: letters, as the kernel's selftests give them. */
enum NcdevmemOption {
    DEV("-f", "DEV", "the device"),
    LISTEN(
            "-l",
            "",
            "listen at ADDR, and print what one connection brings; else standard input is sent to ADDR, a line with each"
                    + " sendmsg"),
    SERVER("-s", "ADDR", "the listening side's address; without it, and -c, it is only tried whether DEV can receive"),
    PORT("-p", "PORT", "its port"),
    CLIENT("-c", "ADDR", "the sending side's address; its port is PORT, too"),
    QUEUE("-t", "QUEUE", "the first queue to receive by (the last that DEV has, if not given)"),
    QUEUES("-q", "N", "how many queues, with -t"),
    KEEP_CONFIG("-n", "", "leave DEV's header split, RSS and flow rules as they are; else they are set, and put back"),
    VERIFY("-v", "N", "print nothing, and fail unless the bytes 1, 2 ... N-1 and a newline come, over and over"),
    FAIL_ON_LINEAR("-L", "", "fail if payload comes in ordinary memory"),
    RX_PAGE_SIZE(
            "-b", "BYTES", "receive in pieces of this size (a page, if not given), out of huge pages if it is larger"),
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

    /** As it is typed; {@link #HELP} has the name of the other commands', too. */
    String letter() {
        return letter;
    }

    /** What its value is called; empty if it takes none. */
    String value() {
        return value;
    }

    String description() {
        return description;
    }
}
