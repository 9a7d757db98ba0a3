package dev.qlease.node.cni;

import dev.qlease.ops.FieldValues;
import dev.qlease.ops.FileNode;
import dev.qlease.ops.InvalidFileException;
import dev.qlease.ops.JsonNodes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The plugin that assigns addresses: an executable in one of the directories of CNI_PATH, which gets the environment
 * and the configuration that this plugin got, and whose messages go to standard error.
 */
final class IpamPlugin {
    /** Longer than a DHCP server takes, and shorter than engines wait for a container's network. */
    static final Duration TIMEOUT = Duration.ofSeconds(60);

    /** How long a killed plugin is waited for, which may be blocked in the kernel. */
    private static final int LONGEST_DEATH_SECONDS = 5;

    private final String type;
    private final Path executable;
    private final Parameters parameters;
    private final NetworkConfig config;
    private final Duration timeout;

    IpamPlugin(String type, Path executable, Parameters parameters, NetworkConfig config, Duration timeout) {
        this.type = type;
        this.executable = executable;
        this.parameters = parameters;
        this.config = config;
        this.timeout = timeout;
    }

    /**
     * Finds the plugin that a configuration names; empty if it names none.
     *
     * @throws CniException if no directory has it
     */
    static Optional<IpamPlugin> find(Parameters parameters, NetworkConfig config, Duration timeout) {
        return config.ipam().map(type -> {
            Path executable = parameters.path().stream()
                    .map(directory -> Path.of(directory, type))
                    .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                    .findFirst()
                    .orElseThrow(() -> new CniException(
                            CniCode.IPAM,
                            "there is no IPAM plugin " + type + " in "
                                    + (parameters.path().isEmpty()
                                            ? "CNI_PATH, which is not set"
                                            : String.join(", ", parameters.path()))));
            return new IpamPlugin(type, executable, parameters, config, timeout);
        });
    }

    /**
     * Assigns addresses.
     *
     * @throws CniException if it fails, or its result is invalid or has no address
     */
    CniResult add() {
        byte[] output = run(Operation.ADD);
        FieldValues values = new FieldValues();
        CniResult result;
        try {
            result = new ResultReader(values, title()).read(JsonNodes.parse(title(), output), "result");
        } catch (InvalidFileException e) {
            throw new CniException(CniCode.IPAM, String.valueOf(e.getMessage()), e);
        }
        if (!values.problems().isEmpty()) {
            throw new CniException(CniCode.IPAM, values.problems());
        }
        if (result.ips().isEmpty()) {
            throw new CniException(CniCode.IPAM, title() + " assigned no address");
        }
        return result;
    }

    private String title() {
        return "IPAM plugin " + type;
    }

    /**
     * Runs the plugin for another operation.
     *
     * @throws CniException if it fails, with its own code
     */
    byte[] run(Operation operation) {
        Map<String, String> environment = new HashMap<>(parameters.environment());
        environment.put(Parameters.COMMAND, operation.name());
        Process process;
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(executable.toString()).redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().putAll(environment);
            process = builder.start();
        } catch (IOException e) {
            throw new CniException(CniCode.IPAM, title() + " cannot be run: " + e.getMessage(), e);
        }
        try {
            return outcome(process, operation);
        } finally {
            if (process.isAlive()) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly()
                        .onExit()
                        .completeOnTimeout(process, LONGEST_DEATH_SECONDS, TimeUnit.SECONDS)
                        .join();
            }
        }
    }

    private byte[] outcome(Process process, Operation operation) {
        // On threads of their own: a plugin may neither read nor end, and a process that it has left may hold its
        // pipes.
        FutureTask<byte[]> output =
                new FutureTask<>(() -> process.getInputStream().readNBytes(JsonNodes.LARGEST + 1));
        Thread.ofPlatform().daemon().start(output);
        Thread.ofPlatform().daemon().start(() -> feed(process));
        try {
            byte[] printed = output.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            if (printed.length > JsonNodes.LARGEST) {
                throw new CniException(CniCode.IPAM, title() + ": its output exceeds " + JsonNodes.LARGEST + " bytes");
            }
            if (!process.waitFor(timeout)) {
                throw late(operation);
            }
            if (process.exitValue() != 0) {
                throw failure(printed, process.exitValue());
            }
            return printed;
        } catch (TimeoutException e) {
            throw late(operation);
        } catch (ExecutionException e) {
            throw new CniException(CniCode.IPAM, title() + ": its output cannot be read: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CniException(CniCode.IPAM, title() + ": interrupted", e);
        }
    }

    private CniException late(Operation operation) {
        return new CniException(
                CniCode.IPAM, title() + " did not end " + operation + " within " + timeout.toSeconds() + " seconds");
    }

    private void feed(Process process) {
        try (OutputStream input = process.getOutputStream()) {
            input.write(config.bytes());
        } catch (IOException e) {
            // It need not read its input; its exit status says whether it failed.
            return;
        }
    }

    /** Returns the plugin's error with its own code, or says that it printed none. */
    private CniException failure(byte[] printed, int status) {
        return error(printed)
                .orElseGet(() -> new CniException(
                        CniCode.IPAM, title() + " failed with status " + status + " and printed no error"));
    }

    private Optional<CniException> error(byte[] printed) {
        FileNode node;
        try {
            node = JsonNodes.parse(title(), printed);
        } catch (InvalidFileException e) {
            return Optional.empty();
        }
        if (!(node instanceof FileNode.Members members)) {
            return Optional.empty();
        }
        Optional<Integer> code = scalar(members, "code")
                .filter(text -> text.matches("[0-9]{1,9}"))
                .map(Integer::valueOf)
                .filter(number -> number > 0);
        List<String> details = scalar(members, "details").filter(text -> !text.isEmpty()).stream()
                .toList();
        return code.flatMap(number ->
                scalar(members, "msg").map(message -> new CniException(number, title() + ": " + message, details)));
    }

    private static Optional<String> scalar(FileNode.Members members, String name) {
        List<FileNode.Member> found = members.members().stream()
                .filter(member -> member.key().equals(name))
                .toList();
        return found.isEmpty() || !(found.getFirst().value() instanceof FileNode.Scalar scalar)
                ? Optional.empty()
                : Optional.of(scalar.text());
    }
}
