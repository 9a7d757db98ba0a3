package dev.qlease.cli.node;

import dev.qlease.cli.args.Addresses;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.cli.output.Output;
import dev.qlease.cli.output.Printable;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Signals;
import dev.qlease.metrics.Exposition;
import dev.qlease.metrics.MetricsServer;
import dev.qlease.metrics.Sampler;
import dev.qlease.node.NodeAgent;
import dev.qlease.node.NodeEvent;
import dev.qlease.node.dra.DraDriver;
import dev.qlease.node.dra.DriverEvent;
import dev.qlease.node.status.NodeStatus;
import dev.qlease.node.status.NodeStatus.Condition;
import dev.qlease.node.status.NodeStatus.Stage;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** The entry point of {@code qlease-node}: the driver of a Kubernetes node, with the agent that binds device memory. */
public final class NodeMain {
    private static final int CONNECTION_MILLIS = 5_000;
    private static final int REQUEST_MILLIS = 10_000;
    private static final int RETRIES = 2;

    private final Output output;
    private final NodeOptions options;
    private final EventPrinter printer;
    private final AtomicReference<Runnable> stop = new AtomicReference<>(() -> {});
    private final AtomicReference<NodeStatus> status = new AtomicReference<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private NodeMain(Output output, NodeOptions options) {
        this.output = output;
        this.options = options;
        this.printer = new EventPrinter(output, options.json());
    }

    /**
     * Runs the driver until a signal ends it, and ends the process with an {@link ExitCode}.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        Output output = new Output(new FileOutputStream(FileDescriptor.out), new FileOutputStream(FileDescriptor.err));
        ExitCode code = run(output, args);
        Runtime.getRuntime().halt(code.number());
    }

    private static ExitCode run(Output output, String... args) {
        String version = Optional.ofNullable(NodeMain.class.getPackage().getImplementationVersion())
                .orElse("(not packaged)");
        try {
            return switch (NodeOptions.parse(args, System.getenv(), version)) {
                case NodeOptions.Request.Print text -> {
                    output.print(text.text());
                    output.flush();
                    yield ExitCode.DONE;
                }
                case NodeOptions.Request.Run run -> new NodeMain(output, run.options()).run(version);
            };
        } catch (IOException | RuntimeException | Error e) {
            Failure failed = Failure.of(e);
            try {
                output.fail(failed, false);
            } catch (IOException closed) {
                // Standard error is closed: only the exit code can report the failure.
                return failed.exitCode();
            }
            return failed.exitCode();
        }
    }

    private ExitCode run(String version) throws IOException {
        Config config = new ConfigBuilder()
                .withConnectionTimeout(CONNECTION_MILLIS)
                .withRequestTimeout(REQUEST_MILLIS)
                .withRequestRetryBackoffLimit(RETRIES)
                .build();
        try (NetworkNamespace home = NetworkNamespace.current();
                NodeAgent agent = NodeAgent.open(home, this::report, this::count);
                KubernetesClient client =
                        new KubernetesClientBuilder().withConfig(config).build();
                DraDriver driver = driver(home, client);
                Sampler sampler = Sampler.open(home, OptionalInt.empty())) {
            stop.set(driver::stop);
            Thread serving = Thread.ofPlatform().name("qlease-node-agent").start(agent::run);
            Exposition exposition = new Exposition(version, Printable::line);
            NodeStatus made = new NodeStatus(parts(driver, serving), () -> exposition.of(sampler.sample()));
            status.set(made);
            try (MetricsServer server = serve(made)) {
                Signals.handle("TERM", driver::stop);
                Signals.handle("INT", driver::stop);
                output.note("health and metrics at http://" + Addresses.text(server.address()) + MetricsServer.PATH);
                driver.run();
            } finally {
                agent.stop();
                join(serving);
            }
        }
        Throwable failed = failure.get();
        if (failed != null) {
            throw new CommandException(ExitCode.FAILED, "writing to standard output: " + failed.getMessage(), failed);
        }
        return ExitCode.DONE;
    }

    private DraDriver driver(NetworkNamespace home, KubernetesClient client) {
        try {
            return new DraDriver(home, client, options.settings(), this::report);
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.FAILED, "serving kubelet in " + options.settings().kubelet() + ": " + e.getMessage(), e);
        }
    }

    private MetricsServer serve(NodeStatus made) {
        try {
            return made.serve(options.listen());
        } catch (IOException e) {
            throw Addresses.notListening(options.listen(), e);
        }
    }

    private static NodeStatus.Parts parts(DraDriver driver, Thread agent) {
        return new NodeStatus.Parts(
                Map.of("the driver", driver::isRunning, "the agent", agent::isAlive),
                Map.of(
                        Condition.REGISTERED, driver::isRegistered,
                        Condition.CONNECTED, driver::isConnected,
                        Condition.PUBLISHED, driver::isPublished),
                driver::prepared);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void report(NodeEvent event) {
        print(() -> printer.print(event));
    }

    private void count(NodeEvent event) {
        record(now -> {
            switch (event.kind()) {
                case BOUND -> now.bound();
                case REFUSED -> now.refused(Stage.BINDING);
                default -> {}
            }
        });
    }

    private void report(DriverEvent event) {
        record(now -> {
            switch (event.kind()) {
                case PREPARED -> now.prepared(event.took());
                case NOT_PREPARED -> now.refused(Stage.PREPARE);
                case LEASED -> now.sandbox(event.took());
                case NOT_LEASED -> now.refused(Stage.SANDBOX);
                default -> {}
            }
        });
        print(() -> printer.print(event));
    }

    private void record(Consumer<NodeStatus> recording) {
        Optional.ofNullable(status.get()).ifPresent(recording);
    }

    private interface Printing {
        void run() throws IOException;
    }

    /** If printing fails, ends the driver, whose refusals must not pass unseen. */
    private void print(Printing printing) {
        try {
            printing.run();
        } catch (IOException | UncheckedIOException e) {
            failure.set(e);
            stop.get().run();
        }
    }
}
