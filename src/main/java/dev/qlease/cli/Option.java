package dev.qlease.cli;

/** What can be given to commands by name. */
enum Option {
    PER_QUEUE("--per-queue", "", "", "show it for each queue"),
    STATS("--stats", "", "", "show what they have counted"),
    DURATION("--duration", "", "SECONDS", "stop after this time"),
    DEV("--dev", "", "DEV", "the device, or netkit guest, to send by"),
    TO("--to", "", "ADDR:PORT", "where to, such as 192.0.2.1:80 or [2001:db8::1]:80"),
    MEMORY("--memory", "", "MEMORY", "where the dma-buf comes from: auto (if not given), or one of those below"),
    SIZE("--size", "", "BYTES", "size of the dma-buf, such as 4M"),
    CHUNK("--chunk", "", "BYTES", "the most that one sendmsg sends, such as 256K"),
    TIMEOUT("--timeout", "", "SECONDS", "wait so long for the connection, and for anything to progress at the end"),
    NETNS("--netns", "-n", "NETNS", "look in this network namespace"),
    JSON("--json", "-j", "", "print JSON"),
    DEBUG("--debug", "", "", "tell on standard error of each netlink message, and where errors come from"),
    HELP("--help", "-h", "", "print this help"),
    VERSION("--version", "-V", "", "print the version");

    private final String longName;
    private final String shortName;
    private final String value;
    private final String description;

    Option(String longName, String shortName, String value, String description) {
        this.longName = longName;
        this.shortName = shortName;
        this.value = value;
        this.description = description;
    }

    String longName() {
        return longName;
    }

    /** The name of one letter; empty if it has none. */
    String shortName() {
        return shortName;
    }

    /** What its value is called; empty if it takes none. */
    String value() {
        return value;
    }

    boolean takesValue() {
        return !value.isEmpty();
    }

    String description() {
        return description;
    }
}
