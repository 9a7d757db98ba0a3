package dev.qlease.cli.bench;

import dev.qlease.cli.args.Addresses;
import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

/** {@code qlease bench}. */
public final class BenchCommand {
    private static final Set<Option> OF_SERVER = Set.of(Option.SERVE, Option.NETNS, Option.JSON, Option.DEBUG);

    private BenchCommand() {}

    /** The address that the server listens on, as it is printed. */
    private record Listening(String listening) {}

    /** Measures, or serves until the process is ended. */
    public static void run(Arguments arguments, Output output) throws IOException {
        if (arguments.has(Option.SERVE)) {
            serve(arguments, output);
        } else {
            measure(arguments, output);
        }
    }

    private static void serve(Arguments arguments, Output output) throws IOException {
        Set<Option> others = new TreeSet<>(arguments.options().keySet());
        others.removeAll(OF_SERVER);
        if (!others.isEmpty()) {
            throw new CommandException(
                    ExitCode.USAGE,
                    "bench --serve takes no "
                            + others.stream().map(Option::longName).collect(Collectors.joining(", "))
                            + ": the other machine's command has these options");
        }
        InetSocketAddress at = Addresses.parse(Option.SERVE, arguments.required(Option.SERVE), 0);
        try (NetworkNamespace namespace = Target.namespace(arguments.value(Option.NETNS));
                BenchServer server = BenchServer.start(namespace, at, BenchServer.Limits.DEFAULTS)) {
            String listening = Addresses.text(server.address());
            if (arguments.has(Option.JSON)) {
                output.json(new Listening(listening));
            } else {
                output.printLine("listening on " + listening);
            }
            output.flush();
            awaitEnd();
        }
    }

    private static void awaitEnd() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void measure(Arguments arguments, Output output) throws IOException {
        BenchRequest request = BenchRequest.of(arguments);
        Optional<PlotFile> plot = request.plot().map(PlotFile::of);
        Report report;
        try (Target target = Target.open(arguments.value(Option.NETNS), request.dev())) {
            report = new Bench(request, target, output).run();
        }
        report.print(output);
        if (plot.isPresent()) {
            plot.get().write(Plot.draw(report));
        }
    }
}
