package dev.qlease.cli.args;

import dev.qlease.cli.output.Printable;
import java.util.List;

/** The options of the commands, with their names, values and descriptions for the help. */
public enum Option {
    PER_QUEUE("--per-queue", "", "", "show counters for each queue"),
    STATS("--stats", "", "", "show counters of page pools"),
    DURATION("--duration", "", "SECONDS", "stop after this time"),
    SORT("--sort", "", "COLUMN", "sort by a column, as described below (default: name)"),
    INTERVAL("--interval", "", "SECONDS", "time between refreshes, at least 0.1 (default: 2)"),
    ONCE("--once", "", "", "print one refresh, with the rates of one interval, and end"),
    METRICS_LISTEN("--listen", "", "ADDR:PORT", "serve HTTP there, such as 9150, 192.0.2.1:9150 or [::]:9150"),
    NIC("--nic", "", "DEV", "the device whose queues are leased"),
    QUEUES("--queues", "", "N", "lease this many free queues (default: 1)"),
    QUEUE("--queue", "", "ID...", "receive queues (default: free queues for lease create, leased queues to receive)"),
    GUEST("--guest", "", "NAME", "name of the guest's device (default: nk0)"),
    HOST("--host", "", "NAME", "name of the host's end and of the lease (default: ql0, ql1 ...)"),
    ADDRESS("--address", "", "CIDR...", "addresses of the guest, such as 2001:db8:2::2/64"),
    ROUTE("--route", "", "CIDR...", "networks that the guest reaches through the device (default: all)"),
    PORT("--port", "", "PORT...", "TCP ports of the guest whose traffic is steered to the queues (default: all)"),
    REDIRECT("--redirect", "", "HOW", "how packets are redirected: bpf (default), forward or none"),
    MODE("--mode", "", "MODE", "what the netkit pair carries: Ethernet frames (l2, default) or IP packets (l3)"),
    SINGLE("--single", "", "", "create a netkit device without a peer, which carries no packets"),
    RX_RING("--rx-ring", "", "N", "number of descriptors in each receive ring of the NIC"),
    SHARED_TRAFFIC("--shared-traffic", "", "", "accept a NIC that can deliver traffic of others to the leased queues"),
    DRY_RUN("--dry-run", "", "", "print what would be done and change nothing"),
    DEV("--dev", "", "DEV", "the NIC, or the netkit device of a guest, to send or receive with"),
    TO("--to", "", "ADDR:PORT", "the peer, such as 192.0.2.1:80 or [2001:db8::1]:80"),
    LISTEN("--listen", "", "ADDR:PORT", "address to listen on, such as 192.0.2.1:80 or [2001:db8::1]:80"),
    OUT("--out", "", "FILE", "output file, - for standard output (default), or /dev/null"),
    CDI_OUT("--out", "", "FILE", "output file, or - for standard output (default: /etc/cdi/qlease.json)"),
    VERIFY("--verify", "", "PATTERN", "fail unless the data repeats this pattern; write the data only with --out"),
    RX_PAGE_SIZE("--rx-page-size", "", "BYTES", "receive in pieces of this size, a power of two (default: a page)"),
    MEMORY("--memory", "", "MEMORY", "provider of the dma-buf, as described for MEMORY (default: auto)"),
    SIZE("--size", "", "BYTES", "size of the dma-buf, such as 4M"),
    CHUNK("--chunk", "", "BYTES", "maximum number of bytes per sendmsg, such as 256K"),
    TIMEOUT("--timeout", "", "SECONDS", "maximum time to wait for the connection, and for any progress"),
    SERVE("--serve", "", "ADDR:PORT", "be the peer: serve there, such as at 192.0.2.1:5201; with --netns only"),
    FROM(
            "--from",
            "",
            "ADDR:PORT",
            "connect from there to receive, such as from a port that is steered (default: any)"),
    ONLY("--only", "", "DIRECTION", "measure this direction only: send or receive"),
    CHUNKS("--chunk", "", "BYTES...", "the most that one system call moves (default: 64K,256K,1M)"),
    BYTES("--bytes", "", "BYTES", "number of bytes to move in each run (default: 1G)"),
    TURNS("--turns", "", "N", "runs of each kind, 1 to 1000, of which the median counts (default: 3)"),
    CSV("--csv", "", "", "print comma-separated values, with a header"),
    PLOT("--plot", "", "FILE", "draw the throughput by chunk size to this file, as SVG"),
    CONFIRM_WITHIN("--timeout", "", "SECONDS", "roll the changes back after this time unless they are confirmed"),
    CONFIRM("--confirm", "", "", "confirm the last apply, so that it stays"),
    NETNS("--netns", "-n", "NETNS", "the network namespace: a name, a path or the PID of a process"),
    JSON("--json", "-j", "", "print JSON"),
    DEBUG("--debug", "", "", "print each netlink message and the stack traces of errors on standard error"),
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

    public String longName() {
        return longName;
    }

    /** Returns the short name, a hyphen and one letter; empty if the option has none. */
    public String shortName() {
        return shortName;
    }

    /** Returns the placeholder for the option's value in the help; empty if the option takes no value. */
    public String value() {
        return value;
    }

    public boolean takesValue() {
        return !value.isEmpty();
    }

    /** Returns whether the option takes several values, separated by commas or given by repeating the option. */
    boolean isList() {
        return value.endsWith("...");
    }

    /** Returns whether the value names a kernel object, {@linkplain Printable#parse escaped} as in the output. */
    boolean isName() {
        return List.of("DEV", "NAME", "NETNS").contains(value);
    }

    public String description() {
        return description;
    }
}
