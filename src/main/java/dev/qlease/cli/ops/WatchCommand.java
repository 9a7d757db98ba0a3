package dev.qlease.cli.ops;

import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Signals;
import dev.qlease.ops.StateFiles;
import dev.qlease.ops.Watch;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** {@code qlease watch}: runs until SIGTERM or SIGINT; SIGHUP reads the files again. */
final class WatchCommand implements Watch.Listener {
    private final Output output;
    private final boolean asJson;
    private final ServiceManager manager = ServiceManager.ofEnvironment();

    WatchCommand(Output output, boolean asJson) {
        this.output = output;
        this.asJson = asJson;
    }

    private record EventJson(Instant time, String event, String about, String sentence) {}

    ExitCode run(Arguments arguments) throws IOException {
        List<String> files = arguments.arguments();
        if (files.contains(StateFiles.STANDARD_INPUT)) {
            throw new CommandException(
                    ExitCode.USAGE,
                    "standard input cannot be watched: name a file, or none for those in " + StateFiles.DIRECTORY);
        }
        try (NetworkNamespace nics = Target.namespace(arguments.value(Option.NETNS));
                Watch watch = Watch.open(nics, files, this)) {
            Signals.handle("TERM", watch::stop);
            Signals.handle("INT", watch::stop);
            Signals.handle("HUP", watch::reload);
            if (!asJson) {
                output.note("watching " + (files.isEmpty() ? StateFiles.DIRECTORY : String.join(", ", files)));
            }
            watch.run();
            manager.tell("STOPPING=1");
        }
        return ExitCode.DONE;
    }

    @Override
    public void report(Watch.Event event) throws IOException {
        if (asJson) {
            output.json(new EventJson(Instant.now(), event.kind().text(), event.about(), event.sentence()));
        } else if (event.kind() == Watch.Kind.PROBLEM) {
            output.note(event.sentence());
        } else {
            output.printLine(event.sentence());
        }
        output.flush();
    }

    @Override
    public void reloading() {
        // The clock of System.nanoTime is CLOCK_MONOTONIC.
        manager.tell("RELOADING=1\nMONOTONIC_USEC=" + System.nanoTime() / 1000);
    }

    @Override
    public void looked(String summary) {
        manager.tell("READY=1\nSTATUS=" + summary);
    }
}
