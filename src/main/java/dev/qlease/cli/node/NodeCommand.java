package dev.qlease.cli.node;

import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Signals;
import dev.qlease.node.BindingRefusedException;
import dev.qlease.node.NodeAgent;
import dev.qlease.node.NodeEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** {@code qlease node}: runs until SIGTERM or SIGINT. */
public final class NodeCommand {
    private final Output output;
    private final boolean asJson;
    private volatile @Nullable Runnable stop;
    private volatile @Nullable IOException failure;

    private NodeCommand(Output output, boolean asJson) {
        this.output = output;
        this.asJson = asJson;
    }

    private record EventJson(
            Instant time,
            String event,
            Optional<String> reason,
            int pid,
            int uid,
            long netnsCookie,
            String lease,
            String device,
            List<Integer> queues,
            OptionalInt binding,
            String sentence) {}

    /** Runs {@code qlease node}. */
    public static ExitCode run(Arguments arguments, Output output) throws IOException {
        return new NodeCommand(output, arguments.has(Option.JSON)).run(arguments);
    }

    private ExitCode run(Arguments arguments) throws IOException {
        try (NetworkNamespace nics = Target.namespace(arguments.value(Option.NETNS));
                NodeAgent agent = NodeAgent.open(nics, this::report)) {
            stop = agent::stop;
            Signals.handle("TERM", agent::stop);
            Signals.handle("INT", agent::stop);
            if (!asJson) {
                output.note("listening at " + agent.socket());
            }
            agent.run();
        }
        IOException failed = failure;
        if (failed != null) {
            throw failed;
        }
        return ExitCode.DONE;
    }

    /** Prints an event; if that fails, ends the agent, whose refusals must not pass unseen. */
    private void report(NodeEvent event) {
        try {
            print(event);
        } catch (IOException | UncheckedIOException e) {
            failure = e instanceof IOException io ? io : ((UncheckedIOException) e).getCause();
            Runnable end = stop;
            if (end != null) {
                end.run();
            }
        }
    }

    private void print(NodeEvent event) throws IOException {
        if (asJson) {
            output.json(new EventJson(
                    Instant.now(),
                    name(event),
                    event.reason().map(BindingRefusedException.Reason::text),
                    event.pid(),
                    event.uid(),
                    event.netns(),
                    event.lease(),
                    event.device(),
                    event.queues(),
                    event.binding(),
                    event.sentence()));
        } else {
            output.printLine(line(event));
        }
        output.flush();
    }

    private static String name(NodeEvent event) {
        return event.kind().name().toLowerCase(Locale.ROOT);
    }

    /** Returns a line such as {@code refused no-lease: pid=7 uid=65534 netns=9: the network namespace has no lease}. */
    private static String line(NodeEvent event) {
        StringBuilder line = new StringBuilder(name(event));
        event.reason().ifPresent(reason -> line.append(' ').append(reason.text()));
        line.append(':');
        if (event.pid() != 0) {
            line.append(" pid=").append(event.pid()).append(" uid=").append(Integer.toUnsignedString(event.uid()));
        }
        if (event.netns() != 0) {
            line.append(" netns=").append(event.netns());
        }
        if (!event.lease().isEmpty()) {
            line.append(" lease=").append(event.lease());
        }
        if (!event.device().isEmpty()) {
            line.append(" device=\"")
                    .append(event.device())
                    .append("\" queues=")
                    .append(event.queues());
        }
        event.binding().ifPresent(id -> line.append(" binding=").append(id));
        return line.append(": ").append(event.sentence()).toString();
    }
}
