package dev.qlease.cli.metrics;

import dev.qlease.cli.args.Addresses;
import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.cli.output.Printable;
import dev.qlease.metrics.Exposition;
import dev.qlease.metrics.MetricsServer;
import dev.qlease.metrics.Sampler;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code qlease metrics}. */
public final class MetricsCommand {
    private static final String LOOPBACK = "127.0.0.1";

    private MetricsCommand() {}

    /**
     * Prints the metrics, or serves them until the process is ended.
     *
     * @param version the version of qlease
     */
    public static void run(Arguments arguments, String version, Output output) throws IOException {
        String listen = arguments.value(Option.METRICS_LISTEN);
        @Nullable InetSocketAddress address = listen == null ? null : address(listen);
        if (arguments.has(Option.JSON)) {
            throw new CommandException(
                    ExitCode.USAGE,
                    "metrics are printed in the format of Prometheus; qlease top --once --json prints JSON");
        }
        Exposition exposition = new Exposition(version, Printable::line);
        try (Sampler sampler = open(arguments)) {
            if (address == null) {
                output.print(text(exposition.of(sampler.sample())));
                output.flush();
                return;
            }
            try (MetricsServer server = start(address, () -> exposition.of(sampler.sample()))) {
                output.printLine(url(server));
                output.flush();
                await();
            }
        }
    }

    /**
     * Starts to serve.
     *
     * @throws CommandException if that is not possible
     */
    static MetricsServer start(InetSocketAddress address, Supplier<MetricSnapshots> reading) {
        try {
            return MetricsServer.start(address, reading, Map.of());
        } catch (IOException e) {
            throw Addresses.notListening(address, e);
        }
    }

    /** Returns where the metrics are. */
    static String url(MetricsServer server) {
        return "http://" + Addresses.text(server.address()) + MetricsServer.PATH;
    }

    /** Serves until the process ends or this thread is interrupted. */
    private static void await() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Sampler open(Arguments arguments) {
        try (Target target =
                Target.open(arguments.value(Option.NETNS), arguments.argument().orElse(null))) {
            return Sampler.open(target.namespace(), target.ifindex());
        }
    }

    /** Parses the value of {@code --listen}; a port alone is that of the loopback address. */
    static InetSocketAddress address(String listen) {
        return listen.indexOf(':') < 0
                ? new InetSocketAddress(
                        InetAddress.ofLiteral(LOOPBACK), Addresses.port(Option.METRICS_LISTEN, listen, listen, 0))
                : Addresses.parse(Option.METRICS_LISTEN, listen, 0);
    }

    private static String text(MetricSnapshots metrics) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        OpenMetricsTextFormatWriter.create().write(text, metrics);
        return text.toString(StandardCharsets.UTF_8);
    }
}
