package dev.qlease.cli.ops;

import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.cli.output.Terminals;
import dev.qlease.ops.Ops;
import dev.qlease.ops.WantedState;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** {@code qlease apply --timeout}: applies, and rolls back unless that is confirmed in time. */
final class UnconfirmedApply {
    private static final long PAUSE_MILLIS = 200;

    private final Ops ops;
    private final Arguments arguments;
    private final Output output;
    private final OpsOutput shown;
    private final ApplyProgress progress;

    UnconfirmedApply(Ops ops, Arguments arguments, Output output, OpsOutput shown, ApplyProgress progress) {
        this.ops = ops;
        this.arguments = arguments;
        this.output = output;
        this.shown = shown;
        this.progress = progress;
    }

    /**
     * Applies and waits for the confirmation.
     *
     * @throws CommandException if it was not confirmed
     */
    ExitCode run(WantedState wanted, Duration timeout) throws IOException {
        try (RollbackTimer.Child timer = start()) {
            Ops.Outcome outcome = progress.during(() -> ops.apply(wanted, Optional.of(timeout)));
            shown.outcome(outcome);
            output.flush();
            if (outcome.id().isEmpty()) {
                timer.end();
                return ExitCode.DONE;
            }
            timer.applied();
            boolean confirmed = await(outcome.id().get(), timeout);
            timer.end();
            if (!confirmed) {
                throw new CommandException(
                        ExitCode.FAILED,
                        "not confirmed within " + timeout.toSeconds()
                                + " seconds: the changes were rolled back; see qlease history");
            }
            output.note("confirmed");
            return ExitCode.DONE;
        }
    }

    private RollbackTimer.Child start() {
        try {
            return RollbackTimer.start(arguments.value(Option.NETNS));
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.FAILED, "starting the process that rolls back in time: " + e.getMessage(), e);
        }
    }

    private boolean await(String id, Duration timeout) throws IOException {
        AtomicBoolean answered = new AtomicBoolean();
        String way = "run qlease apply --confirm";
        if (Terminals.isTerminal(Terminals.STANDARD_INPUT)) {
            way = "press Enter, or " + way + " elsewhere,";
            Thread.ofPlatform().daemon().start(() -> answered.set(isAnswered()));
        }
        output.note(way + " to keep the changes; they are rolled back in " + timeout.toSeconds() + " seconds");
        for (Optional<Duration> left = ops.timeLeft(id); left.isPresent(); left = ops.timeLeft(id)) {
            if (answered.get()) {
                ops.confirm();
            } else if (left.get().isZero()) {
                ops.recover();
            } else {
                RollbackTimer.pause(Math.min(PAUSE_MILLIS, left.get().toMillis()));
            }
        }
        return ops.isConfirmed(id);
    }

    private static boolean isAnswered() {
        try {
            return System.in.read() >= 0;
        } catch (IOException e) {
            return false;
        }
    }
}
