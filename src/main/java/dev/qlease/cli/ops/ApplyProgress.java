package dev.qlease.cli.ops;

import dev.qlease.cli.output.Output;
import dev.qlease.cli.output.Progress;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Shows on a terminal what an apply is doing. Thread-safe. */
final class ApplyProgress implements Consumer<String> {
    private final boolean quiet;
    private final Output output;
    private volatile String step = "comparing";

    ApplyProgress(boolean quiet, Output output) {
        this.quiet = quiet;
        this.output = output;
    }

    /** Takes the next step. */
    @Override
    public void accept(String next) {
        step = next;
    }

    /** Shows the steps of {@code work} while it runs. */
    <T> T during(Supplier<T> work) throws IOException {
        try (Progress _ = Progress.show(quiet, output, () -> step)) {
            return work.get();
        }
    }
}
