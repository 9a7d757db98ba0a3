package dev.qlease.cli;

/** What can be given to commands by name. */
enum Option {
    PER_QUEUE("--per-queue", "", "", "show it for each queue"),
    STATS("--stats", "", "", "show what they have counted"),
    DURATION("--duration", "", "SECONDS", "stop after this time"),
    NIC("--nic", "", "DEV", "the device whose queues are leased"),
    QUEUES("--queues", "", "N", "lease so many that are free (1 if not given)"),
    QUEUE("--queue", "", "ID...", "these receive queues (free ones, or those that are leased, if not given)"),
    GUEST("--guest", "", "NAME", "name of the guest's device (nk0 if not given)"),
    HOST("--host", "", "NAME", "name of the host's end and of the lease (ql0, ql1 ... if not given)"),
    ADDRESS("--address", "", "CIDR...", "addresses of the guest, such as 2001:db8:2::2/64"),
    ROUTE("--route", "", "CIDR...", "what the guest reaches by it (everything if not given)"),
    PORT("--port", "", "PORT...", "TCP ports of the guest that come to the queues (all if not given)"),
    REDIRECT("--redirect", "", "HOW", "what carries packets: bpf (if not given), forward or none"),
    MODE("--mode", "", "MODE", "the netkit pair carries frames (l2, if not given) or packets (l3)"),
    SINGLE("--single", "", "", "make a netkit device without a peer, which has no way for packets"),
    RX_RING("--rx-ring", "", "N", "descriptors of the NIC's receive rings"),
    DRY_RUN("--dry-run", "", "", "print what would be done, and do nothing"),
    DEV("--dev", "", "DEV", "the device, or netkit guest, to send or receive by"),
    TO("--to", "", "ADDR:PORT", "where to, such as 192.0.2.1:80 or [2001:db8::1]:80"),
    LISTEN("--listen", "", "ADDR:PORT", "where to listen, such as 192.0.2.1:80 or [2001:db8::1]:80"),
    OUT("--out", "", "FILE", "what to write to: a file, - for standard output (if not given), or /dev/null"),
    VERIFY("--verify", "", "PATTERN", "fail unless these bytes come, over and over; and write them to --out only"),
    RX_PAGE_SIZE("--rx-page-size", "", "BYTES", "receive in pieces of this size, such as 16K (a page if not given)"),
    MEMORY("--memory", "", "MEMORY", "where the dma-buf comes from: auto (if not given), or one of those below"),
    SIZE("--size", "", "BYTES", "size of the dma-buf, such as 4M"),
    CHUNK("--chunk", "", "BYTES", "the most that one sendmsg sends, such as 256K"),
    TIMEOUT("--timeout", "", "SECONDS", "wait so long for the connection, and while nothing progresses"),
    NETNS("--netns", "-n", "NETNS", "the network namespace: a name, a path or the PID of a process"),
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

    /** Whether several values can be given, with commas between them or by giving it again. */
    boolean isList() {
        return value.endsWith("...");
    }

    String description() {
        return description;
    }
}
