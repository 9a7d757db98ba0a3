package dev.qlease.cli;

import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Command;
import dev.qlease.cli.args.CommandLines;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.args.Values;
import dev.qlease.cli.bench.BenchCommand;
import dev.qlease.cli.doctor.Doctor;
import dev.qlease.cli.inspect.Listing;
import dev.qlease.cli.inspect.Listings;
import dev.qlease.cli.inspect.Monitor;
import dev.qlease.cli.lease.LeaseCommands;
import dev.qlease.cli.log.StandardErrorLogger;
import dev.qlease.cli.metrics.MetricsCommand;
import dev.qlease.cli.ncdevmem.Ncdevmem;
import dev.qlease.cli.node.CdiCommands;
import dev.qlease.cli.node.CniCommand;
import dev.qlease.cli.node.NodeCommand;
import dev.qlease.cli.ops.OpsCommands;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.cli.output.Output;
import dev.qlease.cli.top.Top;
import dev.qlease.cli.transfer.Receive;
import dev.qlease.cli.transfer.Send;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs command lines. */
public final class Qlease {
    private final Output output;
    private boolean debug = "1".equals(System.getenv("QLEASE_DEBUG"));

    public Qlease(Output output) {
        this.output = output;
    }

    /** Runs the command line {@code args}; reports failures on standard error. */
    public ExitCode run(String... args) {
        // Searched without parsing, so that an invalid command line is reported in the requested form, too.
        boolean asJson =
                List.of(args).contains(Option.JSON.longName()) || List.of(args).contains(Option.JSON.shortName());
        try {
            try {
                if (args.length == 1 && args[0].equals(Command.CNI.text())) {
                    return cni();
                }
                return args.length > 0 && args[0].equals(Command.NCDEVMEM.text())
                        ? ncdevmem(List.of(args).subList(1, args.length))
                        : run(CommandLines.parse(args));
            } catch (Output.ClosedException e) {
                if (readerIsGone()) {
                    return ExitCode.DONE;
                }
                throw new CommandException(ExitCode.FAILED, "writing to standard output: " + e.getMessage(), e);
            }
        } catch (IOException | RuntimeException | Error e) {
            return fail(e, asJson);
        }
    }

    /** Returns whether standard output is a pipe or socket: writing to it fails only if its reader is gone. */
    private static boolean readerIsGone() {
        try {
            String file = KernelFiles.readLink(Path.of("/proc/self/fd/1"));
            return file.startsWith("pipe:") || file.startsWith("socket:");
        } catch (LinuxException e) {
            return false;
        }
    }

    private ExitCode fail(Throwable thrown, boolean asJson) {
        Failure failure = Failure.of(thrown);
        try {
            output.fail(failure, asJson);
            if (debug) {
                output.trace(thrown);
            }
        } catch (IOException e) {
            // Standard error is closed: only the exit code can report the failure.
            return failure.exitCode();
        }
        return failure.exitCode();
    }

    private ExitCode run(Arguments arguments) throws IOException {
        if (arguments.has(Option.DEBUG)) {
            debug = true;
        }
        if (arguments.has(Option.VERSION)) {
            return print(Version.text() + "\n");
        }
        if (arguments.has(Option.HELP)) {
            return print(CommandLines.help(arguments.command().orElse(null)));
        }
        Command command = arguments.command().orElseThrow();
        return switch (command) {
            case COMPLETION -> complete(arguments);
            case HELP -> help(arguments.argument().orElse(null));
            case SEND -> send(arguments);
            case RECEIVE -> receive(arguments);
            case BENCH -> bench(arguments);
            case NCDEVMEM -> ncdevmem(List.of());
            case CNI -> cni();
            case CDI, CDI_GENERATE, CDI_HOOK -> cdi(command, arguments);
            case NODE -> node(arguments);
            case TOP -> top(arguments);
            case METRICS -> metrics(arguments);
            case LEASE, LEASE_CREATE, LEASE_LIST, LEASE_SHOW, LEASE_VERIFY, LEASE_DELETE -> lease(command, arguments);
            case PLAN, APPLY, VERIFY, WATCH, EXPORT, ROLLBACK, HISTORY -> ops(command, arguments);
            default -> look(command, arguments);
        };
    }

    private ExitCode print(String text) throws IOException {
        output.print(text);
        output.flush();
        return ExitCode.DONE;
    }

    private ExitCode help(@Nullable String command) throws IOException {
        return print(CommandLines.help(command == null ? null : CommandLines.command(command)));
    }

    private ExitCode complete(Arguments arguments) throws IOException {
        Completion.print(arguments.argument().orElse("bash"), arguments.value(Option.NETNS), output);
        output.flush();
        return ExitCode.DONE;
    }

    private ExitCode send(Arguments arguments) throws IOException {
        StandardErrorLogger.install(debug);
        Send.run(arguments, output);
        return ExitCode.DONE;
    }

    private ExitCode receive(Arguments arguments) throws IOException {
        StandardErrorLogger.install(debug);
        Receive.run(arguments, output);
        return ExitCode.DONE;
    }

    private ExitCode bench(Arguments arguments) throws IOException {
        StandardErrorLogger.install(debug);
        BenchCommand.run(arguments, output);
        return ExitCode.DONE;
    }

    private ExitCode top(Arguments arguments) throws IOException {
        StandardErrorLogger.install(debug);
        Top.run(arguments, output);
        return ExitCode.DONE;
    }

    private ExitCode metrics(Arguments arguments) throws IOException {
        StandardErrorLogger.install(debug);
        MetricsCommand.run(arguments, Version.number(), output);
        return ExitCode.DONE;
    }

    /** Its options are those of the selftests' program, with a syntax of their own. */
    private ExitCode ncdevmem(List<String> args) throws IOException {
        StandardErrorLogger.install(debug);
        Ncdevmem.run(args, output);
        return ExitCode.DONE;
    }

    private ExitCode cni() {
        StandardErrorLogger.install(debug);
        return CniCommand.run(System.getenv(), new FileInputStream(FileDescriptor.in), output, debug);
    }

    private ExitCode cdi(Command command, Arguments arguments) throws IOException {
        StandardErrorLogger.install(debug);
        CdiCommands.run(command, arguments, output);
        return ExitCode.DONE;
    }

    private ExitCode node(Arguments arguments) throws IOException {
        StandardErrorLogger.install(debug);
        return NodeCommand.run(arguments, output);
    }

    private ExitCode lease(Command command, Arguments arguments) throws IOException {
        StandardErrorLogger.install(debug);
        LeaseCommands.run(command, arguments, output);
        return ExitCode.DONE;
    }

    private ExitCode ops(Command command, Arguments arguments) throws IOException {
        StandardErrorLogger.install(debug);
        return OpsCommands.run(command, arguments, output);
    }

    private ExitCode look(Command command, Arguments arguments) throws IOException {
        StandardErrorLogger.install(debug);
        Optional<Duration> duration = Values.duration(Option.DURATION, arguments.value(Option.DURATION));
        try (Target target =
                Target.open(arguments.value(Option.NETNS), arguments.argument().orElse(null))) {
            boolean asJson = arguments.has(Option.JSON);
            if (command == Command.DOCTOR) {
                return Doctor.run(target, asJson, output);
            }
            if (command == Command.MONITOR) {
                new Monitor(target, asJson, output).run(duration);
            } else {
                return listing(command, arguments).print(target, asJson, output);
            }
            return ExitCode.DONE;
        }
    }

    private static Listing<?> listing(Command command, Arguments arguments) {
        return switch (command) {
            case QUEUES -> Listings.QUEUES;
            case NAPI -> Listings.NAPIS;
            case PAGE_POOLS -> arguments.has(Option.STATS) ? Listings.PAGE_POOL_STATS : Listings.PAGE_POOLS;
            case STATS -> arguments.has(Option.PER_QUEUE) ? Listings.QUEUE_STATS : Listings.STATS;
            case LINKS -> Listings.LINKS;
            default -> throw new IllegalStateException(command + " is not a listing");
        };
    }
}
