package dev.qlease.cli;

import java.io.OutputStream;
import java.util.List;

/**
 * Runs what is usually run, so that Java can keep what it loaded and linked on the way: the launcher starts this when it
 * makes the start-up cache. It reads only, prints nothing and is content with any outcome.
 */
public final class Training {
    private static final List<String> COMMAND_LINES = List.of(
            "queues --json",
            "queues",
            "queues lo --netns /proc/self/ns/net",
            "queues lo --json",
            "napi",
            "napi --json",
            "page-pools --json",
            "stats",
            "stats --json",
            "links",
            "links --json",
            "help",
            "queues no-such-device");

    private Training() {}

    /**
     * Runs them.
     *
     * @param args none
     */
    public static void main(String[] args) {
        for (String commandLine : COMMAND_LINES) {
            Output output = new Output(OutputStream.nullOutputStream(), OutputStream.nullOutputStream());
            new Qlease(output).run(commandLine.split(" "));
        }
        System.exit(0);
    }
}
