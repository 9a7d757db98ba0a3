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
        if (!text.equals("help") && !text.equals("completion")) {
            all.addAll(List.of(Option.NETNS, Option.JSON, Option.DEBUG));
        }
        all.add(Option.HELP);
        this.options = List.copyOf(all);
    }

    /** As it is typed. */
    String text() {
        return text;
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
