package dev.qlease.cli;

import java.util.ArrayList;
import java.util.List;

/** The commands: what parsing, help and completion follow from. */
enum Command {
    QUEUES("queues", "DEV", "List the queues of devices, with their memory and leases."),
    NAPI("napi", "DEV", "List the NAPI instances of devices."),
    PAGE_POOLS("page-pools", "DEV", "List the page pools that receive queues take buffers from.", Option.STATS),
    STATS("stats", "DEV", "Show what drivers have counted.", Option.PER_QUEUE),
    LINKS("links", "DEV", "List the links."),
    MONITOR("monitor", "", "Print what happens to links, devices and page pools, as it happens.", Option.DURATION),
    LEASE("lease", "", "Lease queues of a NIC to containers: create, list, show and delete leases."),
    LEASE_CREATE(
            "lease create",
            "",
            "Lease queues of a NIC to a container's network namespace, with all that its traffic needs.",
            Option.NIC,
            Option.QUEUES,
            Option.QUEUE,
            Option.GUEST,
            Option.HOST,
            Option.ADDRESS,
            Option.ROUTE,
            Option.PORT,
            Option.REDIRECT,
            Option.MODE,
            Option.SINGLE,
            Option.RX_RING,
            Option.DRY_RUN),
    LEASE_LIST("lease list", "", "List the leases of the NICs in a network namespace."),
    LEASE_SHOW("lease show", "LEASE", "Show one lease."),
    LEASE_DELETE("lease delete", "LEASE", "Delete a lease, and put the NIC back as it was."),
    SEND(
            "send",
            "FILE",
            "Send a file, or standard input, as device memory over TCP.",
            Option.DEV,
            Option.TO,
            Option.MEMORY,
            Option.SIZE,
            Option.CHUNK,
            Option.TIMEOUT),
    RECEIVE(
            "receive",
            "",
            "Receive one TCP connection's data as device memory.",
            Option.DEV,
            Option.LISTEN,
            Option.QUEUE,
            Option.MEMORY,
            Option.SIZE,
            Option.RX_PAGE_SIZE,
            Option.OUT,
            Option.VERIFY,
            Option.TIMEOUT),
    NCDEVMEM("ncdevmem", "", "Stand in for the kernel selftests' netcat of device memory; its options are theirs."),
    DOCTOR("doctor", "DEV", "Say what leasing and device memory need of this machine, and what it lacks."),
    COMPLETION("completion", "SHELL", "Print a script that completes command lines, for bash or zsh."),
    HELP("help", "COMMAND", "Print the help of a command.");

    private final String text;
    private final String argument;
    private final String description;
    private final List<Option> options;

    Command(String text, String argument, String description, Option... own) {
        this.text = text;
        this.argument = argument;
        this.description = description;
        List<Option> all = new ArrayList<>(List.of(own));
        if (!List.of("help", "completion", "ncdevmem").contains(text)) {
            all.addAll(List.of(Option.NETNS, Option.JSON, Option.DEBUG));
        }
        all.add(Option.HELP);
        this.options = List.copyOf(all);
    }

    /** As it is typed. */
    String text() {
        return text;
    }

    /** The first word of it: all of it, but for the commands about leases. */
    String firstWord() {
        int space = text.indexOf(' ');
        return space < 0 ? text : text.substring(0, space);
    }

    /** The second word of it, empty if there is none. */
    String secondWord() {
        int space = text.indexOf(' ');
        return space < 0 ? "" : text.substring(space + 1);
    }

    /** How it is typed, after the words of it. */
    String synopsis() {
        return switch (this) {
            case LEASE -> "COMMAND [ARGUMENT] [OPTION]...";
            case NCDEVMEM -> "-f DEV [-l] [-s ADDR -p PORT] [OPTION]...";
            default -> (argument.isEmpty() ? "" : "[" + argument + "] ") + "[OPTION]...";
        };
    }

    /** What its argument is called, which may be left out; empty if it takes none. */
    String argument() {
        return argument;
    }

    String description() {
        return description;
    }

    List<Option> options() {
        return options;
    }
}
