package dev.qlease.lease;

import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A process that does nothing but hold new namespaces, as a container does. Closing ends it, and them with it. */
final class Holder implements AutoCloseable {
    private final Process process;
    private final boolean ownUsers;

    private Holder(Process process, boolean ownUsers) {
        this.process = process;
        this.ownUsers = ownUsers;
    }

    /**
     * With a network namespace.
     *
     * @param ownUsers whether a user namespace owns it that is not the machine's
     */
    static Holder create(boolean ownUsers) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("unshare", ownUsers ? "-Urn" : "-n", "sleep", "600").start();
        Holder holder = new Holder(process, ownUsers);
        Nic.await("there is another namespace", holder::isElsewhere);
        return holder;
    }

    private boolean isElsewhere() {
        try (NetworkNamespace there = netns();
                NetworkNamespace here = NetworkNamespace.current()) {
            return there.inode() != here.inode();
        }
    }

    NetworkNamespace netns() {
        return NetworkNamespace.ofProcess(process.pid());
    }

    /** The command that runs another one in its namespaces. */
    List<String> entering() {
        List<String> command = new ArrayList<>(List.of("nsenter", "-t", Long.toString(process.pid()), "-n"));
        if (ownUsers) {
            command.add("-U");
        }
        return command;
    }

    /** Whether somebody listens at this TCP port of IPv4 there. */
    boolean listens(int port) {
        Path sockets = Path.of("/proc", Long.toString(process.pid()), "net/tcp");
        String listening = ":%04X 00000000:0000 0A".formatted(port);
        try {
            return Files.readAllLines(sockets).stream().anyMatch(line -> line.contains(listening));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
