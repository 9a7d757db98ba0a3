package dev.qlease.cli.ops;

import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Command;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.args.Values;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.ops.InvalidFileException;
import dev.qlease.ops.Ops;
import dev.qlease.ops.Plan;
import dev.qlease.ops.StateFiles;
import dev.qlease.ops.WantedState;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** {@code qlease plan}, {@code apply}, {@code verify}, {@code watch}, {@code export}, {@code rollback} and {@code history}. */
public final class OpsCommands {
    private final Arguments arguments;
    private final Output output;
    private final OpsOutput shown;
    private final ApplyProgress progress;

    private OpsCommands(Arguments arguments, Output output) {
        this.arguments = arguments;
        this.output = output;
        this.shown = new OpsOutput(output, arguments.has(Option.JSON));
        this.progress = new ApplyProgress(arguments.has(Option.JSON), output);
    }

    /** Runs one of the commands about wanted state. */
    public static ExitCode run(Command command, Arguments arguments, Output output) throws IOException {
        ExitCode exitCode = new OpsCommands(arguments, output).run(command);
        output.flush();
        return exitCode;
    }

    private ExitCode run(Command command) throws IOException {
        return switch (command) {
            case PLAN -> plan(wanted());
            case APPLY -> apply();
            case VERIFY -> verify(wanted());
            case WATCH -> new WatchCommand(output, arguments.has(Option.JSON)).run(arguments);
            case EXPORT -> export();
            case ROLLBACK -> rollback();
            case HISTORY -> history();
            default -> throw new IllegalStateException(command + " is not about wanted state");
        };
    }

    /** Reads the files, before anything is opened. */
    private WantedState wanted() throws IOException {
        try {
            return StateFiles.read(arguments.arguments(), System.in);
        } catch (InvalidFileException e) {
            if (!arguments.has(Option.JSON)) {
                // The last one is reported as the failure.
                for (String problem : e.problems().subList(0, e.problems().size() - 1)) {
                    output.note(problem);
                }
                throw new CommandException(ExitCode.USAGE, e.problems().getLast(), e);
            }
            throw e;
        } catch (IOException e) {
            throw new CommandException(ExitCode.FAILED, "reading the files: " + e.getMessage(), e);
        }
    }

    private Ops open() {
        return open(_ -> {});
    }

    private Ops open(Consumer<String> nextStep) {
        try (NetworkNamespace nics = Target.namespace(arguments.value(Option.NETNS))) {
            return Ops.open(nics, nextStep);
        }
    }

    private ExitCode plan(WantedState wanted) throws IOException {
        try (Ops ops = open()) {
            Plan plan = ops.plan(wanted);
            shown.plan(plan, plan.notes());
            return plan.isEmpty() ? ExitCode.DONE : ExitCode.CHANGES;
        }
    }

    private ExitCode apply() throws IOException {
        Optional<Duration> timeout = Values.duration(Option.CONFIRM_WITHIN, arguments.value(Option.CONFIRM_WITHIN));
        if (arguments.has(Option.CONFIRM)) {
            if (timeout.isPresent() || !arguments.arguments().isEmpty()) {
                throw new CommandException(
                        ExitCode.USAGE, "--confirm takes no file and no --timeout; see qlease apply --help");
            }
            return confirm();
        }
        WantedState wanted = wanted();
        try (Ops ops = open(progress)) {
            return timeout.isPresent()
                    ? new UnconfirmedApply(ops, arguments, output, shown, progress).run(wanted, timeout.get())
                    : apply(ops, wanted);
        }
    }

    private ExitCode apply(Ops ops, WantedState wanted) throws IOException {
        Ops.Outcome outcome = progress.during(() -> ops.apply(wanted, Optional.empty()));
        shown.outcome(outcome);
        return ExitCode.DONE;
    }

    private ExitCode confirm() throws IOException {
        try (Ops ops = open()) {
            ops.confirm();
            shown.done("confirmed", List.of());
            return ExitCode.DONE;
        }
    }

    private ExitCode verify(WantedState wanted) throws IOException {
        try (Ops ops = open()) {
            List<String> deviations = ops.verify(wanted);
            shown.deviations(deviations);
            return deviations.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
        }
    }

    private ExitCode export() throws IOException {
        try (Ops ops = open()) {
            shown.export(ops.export());
            return ExitCode.DONE;
        }
    }

    private ExitCode rollback() throws IOException {
        try (Ops ops = open()) {
            shown.done("everything is as it was before the last apply", ops.rollback());
            return ExitCode.DONE;
        }
    }

    private ExitCode history() throws IOException {
        try (Ops ops = open()) {
            shown.history(ops.history());
            return ExitCode.DONE;
        }
    }
}
