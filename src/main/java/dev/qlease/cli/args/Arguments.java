package dev.qlease.cli.args;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A parsed command line.
 *
 * @param command the command; empty if only {@code --help} or {@code --version} was given
 * @param options the given options, with their values
 * @param arguments the command's arguments
 */
public record Arguments(Optional<Command> command, Map<Option, List<String>> options, List<String> arguments) {
    public Arguments {
        options = Map.copyOf(options);
        arguments = List.copyOf(arguments);
    }

    /** Returns the first argument, if one was given. */
    public Optional<String> argument() {
        return arguments.stream().findFirst();
    }

    public boolean has(Option option) {
        return options.containsKey(option);
    }

    /** Returns the value of {@code option}, the last one if it was repeated; null if it was not given. */
    @Nullable
    public String value(Option option) {
        List<String> given = options.get(option);
        return given == null ? null : given.getLast();
    }

    /**
     * Returns the value of {@code option}, which the command requires.
     *
     * @throws CommandException if it was not given
     */
    public String required(Option option) {
        String value = value(option);
        if (value == null || value.isEmpty()) {
            String text = command.map(Command::text).orElse("");
            throw new CommandException(
                    ExitCode.USAGE,
                    text + " needs " + option.longName() + " " + option.value() + ": " + option.description()
                            + "; see qlease " + text + " --help");
        }
        return value;
    }

    /** Returns the values of {@code option}, which may be separated by commas, given by repeating it, or both. */
    public List<String> values(Option option) {
        List<String> values = new ArrayList<>();
        for (String given : options.getOrDefault(option, List.of())) {
            values.addAll(List.of(given.split(",", -1)));
        }
        return values;
    }
}
