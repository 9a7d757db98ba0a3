package dev.qlease.cli;

import dev.qlease.cli.log.StandardErrorProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs a command line. */
final class Qlease {
    private final Output output;
    private boolean debug = "1".equals(System.getenv("QLEASE_DEBUG"));

    Qlease(Output output) {
        this.output = output;
    }

    /** Runs the command line {@code args}; what goes wrong is told on standard error. */
    ExitCode run(String... args) {
        // Looked for by hand, so that a command line that makes no sense is told of as asked for, too.
        boolean asJson =
                List.of(args).contains(Option.JSON.longName()) || List.of(args).contains(Option.JSON.shortName());
        try {
            try {
                return args.length > 0 && args[0].equals(Command.NCDEVMEM.text())
                        ? ncdevmem(List.of(args).subList(1, args.length))
                        : run(CommandLines.parse(args));
            } catch (Output.ClosedException e) {
                if (readerIsGone()) {
                    return ExitCode.DONE;
                }
                throw new CommandException(ExitCode.FAILED, "writing to standard output: " + e.getMessage(), e);
            }
        } catch (IOException | RuntimeException | UnsatisfiedLinkError e) {
            return fail(e, asJson);
        }
    }

    /** Whether standard output is a pipe, which cannot be written to for one reason only: {@code | head}. */
    private static boolean readerIsGone() {
        try {
            String file = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return file.startsWith("pipe:") || file.startsWith("socket:");
        } catch (IOException e) {
            return false;
        }
    }

    private ExitCode fail(Throwable thrown, boolean asJson) {
        Failure failure = Failure.of(thrown);
        try {
            output.fail(failure, asJson);
        } catch (IOException e) {
            // Standard error is closed: only the exit code is left to tell of it.
            return failure.exitCode();
        }
        if (debug) {
            thrown.printStackTrace();
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
            case COMPLETION -> print(Completion.script(arguments.argument().orElse("bash")));
            case HELP -> help(arguments.argument().orElse(null));
            case SEND -> send(arguments);
            case RECEIVE -> receive(arguments);
            case NCDEVMEM -> ncdevmem(List.of());
            case LEASE, LEASE_CREATE, LEASE_LIST, LEASE_SHOW, LEASE_DELETE -> lease(command, arguments);
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

    private ExitCode send(Arguments arguments) throws IOException {
        StandardErrorProvider.install(debug);
        Send.run(arguments, output);
        return ExitCode.DONE;
    }

    private ExitCode receive(Arguments arguments) throws IOException {
        StandardErrorProvider.install(debug);
        Receive.run(arguments, output);
        return ExitCode.DONE;
    }

    /** Its options are the selftests' and not like those of the others. */
    private ExitCode ncdevmem(List<String> args) throws IOException {
        StandardErrorProvider.install(debug);
        Ncdevmem.run(args, output);
        return ExitCode.DONE;
    }

    private ExitCode lease(Command command, Arguments arguments) throws IOException {
        StandardErrorProvider.install(debug);
        LeaseCommands.run(command, arguments, output);
        return ExitCode.DONE;
    }

    private ExitCode look(Command command, Arguments arguments) throws IOException {
        StandardErrorProvider.install(debug);
        try (Target target =
                Target.open(arguments.value(Option.NETNS), arguments.argument().orElse(null))) {
            boolean asJson = arguments.has(Option.JSON);
            if (command == Command.DOCTOR) {
                return Doctor.run(target, asJson, output);
            }
            if (command == Command.MONITOR) {
                new Monitor(target, asJson, output)
                        .run(Values.duration(Option.DURATION, arguments.value(Option.DURATION)));
            } else {
                listing(command, arguments).print(target, asJson, output);
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
            default -> throw new IllegalStateException(command + " is no list");
        };
    }
}
