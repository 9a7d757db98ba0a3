package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The model's other processes. One is always there or starting; a few of them are killed in a run. Closing kills the
 * last one.
 */
final class ModelWorkers implements AutoCloseable {
    private static final int SEQUENCES_FOR_A_KILL = 50;
    private static final int LONGEST_MILLIS = 600;

    private final boolean waits;
    private long kills;
    private Process process;
    private BufferedReader output;
    private boolean ready;

    /** What has to be known of all that changes the NIC. */
    interface Observed {
        <T> T by(Supplier<T> change);
    }

    ModelWorkers(long sequences) {
        kills = 1 + sequences / SEQUENCES_FOR_A_KILL;
        waits = sequences == 1;
        process = begin();
        output = process.inputReader();
    }

    private static Process begin() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), LeaseWorker.class.getName()));
        try {
            return new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String line() {
        try {
            return String.valueOf(output.readLine());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void say(String command) {
        try {
            process.getOutputStream().write((command + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Has another process make or delete a lease, by itself, beside this one, or until it is killed. */
    Optional<String> step(Random random, String nic, Observed observed, Supplier<String> beside) {
        String command = random.nextInt(3) == 0
                ? "delete"
                : "create " + random.nextInt(ModelGuests.SLOTS) + " " + random.nextInt(1_000_000) + " " + nic;
        int delay = random.nextInt(LONGEST_MILLIS);
        boolean kill = random.nextBoolean() && kills > 0;
        boolean together = random.nextBoolean();
        if (!isReady()) {
            return Optional.of("process: not yet: " + command);
        }
        String outcome = observed.by(() -> {
            if (kill) {
                return killed(command, delay);
            }
            CompletableFuture<String> other = CompletableFuture.supplyAsync(() -> answer(command), Guest.THREADS);
            String own = together ? ", beside " + beside.get() : "";
            return other.orTimeout(60, TimeUnit.SECONDS).join() + own;
        });
        assertThat(outcome).doesNotStartWith("fault").doesNotStartWith("null");
        return Optional.of("process: " + command + ": " + outcome);
    }

    /** In a run of one sequence, which replays it, the process is waited for; else other steps go on meanwhile. */
    private boolean isReady() {
        try {
            if (!ready && (waits || output.ready())) {
                assertThat(line()).isEqualTo("ready");
                ready = true;
            }
            return ready;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String answer(String command) {
        say(command);
        return line();
    }

    private String killed(String command, int delay) {
        say(command);
        try {
            Thread.sleep(delay);
            process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        kills--;
        ready = false;
        process = begin();
        output = process.inputReader();
        return "killed after " + delay + " ms";
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
