package dev.qlease.cli.node;

import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Signals;
import dev.qlease.node.NodeAgent;
import dev.qlease.node.NodeEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** {@code qlease node}: runs until SIGTERM or SIGINT. */
public final class NodeCommand {
    private final Output output;
    private final boolean asJson;
    private final EventPrinter events;
    private volatile @Nullable Runnable stop;
    private volatile @Nullable IOException failure;

    private NodeCommand(Output output, boolean asJson) {
        this.output = output;
        this.asJson = asJson;
        this.events = new EventPrinter(output, asJson);
    }

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
            events.print(event);
        } catch (IOException | UncheckedIOException e) {
            failure = e instanceof IOException io ? io : ((UncheckedIOException) e).getCause();
            Runnable end = stop;
            if (end != null) {
                end.run();
            }
        }
    }
}
