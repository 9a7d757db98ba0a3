package dev.qlease.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A command line that makes sense.
 *
 * @param command what to do; empty if only {@code --help} or {@code --version} was given
 * @param options those that were given, with their values
 * @param argument the command's argument, if it was given
 */
record Arguments(Optional<Command> command, Map<Option, List<String>> options, Optional<String> argument) {
    Arguments {
        options = Map.copyOf(options);
    }

    boolean has(Option option) {
        return options.containsKey(option);
    }

    /** The value that was given for {@code option}, the last if it was given again. */
    @Nullable
    String value(Option option) {
        List<String> given = options.get(option);
        return given == null ? null : given.getLast();
    }

    /** The values that were given for {@code option}, which takes several: with commas between them, or again. */
    List<String> values(Option option) {
        List<String> values = new ArrayList<>();
        for (String given : options.getOrDefault(option, List.of())) {
            values.addAll(List.of(given.split(",", -1)));
        }
        return values;
    }
}
