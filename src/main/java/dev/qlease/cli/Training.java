package dev.qlease.cli;

import java.io.OutputStream;
import java.util.List;

/**
 * Runs what is usually run, so that Java can keep what it loaded and linked on the way: the launcher starts this when it
 * makes the start-up cache. It changes nothing, prints nothing and is content with any outcome.
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
            "doctor lo",
            "lease list",
            "help",
            "queues --help",
            "queue",
            "--version",
            "queues no-such-device",
            "send --dev lo --to [::1]:9 /dev/null",
            "receive --dev lo --listen [::1]:9 --queue 0 --out /dev/null",
            "ncdevmem -f lo",
            "ncdevmem -f lo -l -s ::1 -p 9 -t 1 -q 1",
            "ncdevmem -f lo -s ::1 -p 9 -n");

    private Training() {}

    /**
     * Runs them.
     *
     * @param args none
     */
    public static void main(String[] args) {
        for (String commandLine : COMMAND_LINES) {
            Main.run(OutputStream.nullOutputStream(), OutputStream.nullOutputStream(), commandLine.split(" "));
        }
        Rehearsal.run();
    }
}
