package dev.qlease.cli;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A command line that makes sense.
 *
 * <p>Parsed here and not by a library: the one at hand, picocli, took a third of the time that a whole command takes, as
 * its class files are of a format that no AOT cache holds.
 *
 * @param command what to do; empty if only {@code --help} or {@code --version} was given
 * @param options those that were given, with their values
 * @param argument the command's argument, if it was given
 */
record Arguments(Optional<Command> command, Map<Option, String> options, Optional<String> argument) {
    Arguments {
        options = Map.copyOf(options);
    }

    boolean has(Option option) {
        return options.containsKey(option);
    }

    /** The value that was given for {@code option}. */
    @Nullable
    String value(Option option) {
        return options.get(option);
    }

    /** The values that were given for {@code option}, which takes several. */
    List<String> values(Option option) {
        String all = options.get(option);
        return all == null ? List.of() : List.of(all.split(",", -1));
    }

    /**
     * Reads a command line.
     *
     * @throws CommandException if it makes no sense
     */
    static Arguments parse(String... args) {
        return new Parser(args).parse();
    }

    private static final class Parser {
        private static final List<Option> WITHOUT_COMMAND = List.of(Option.HELP, Option.VERSION);

        private final String[] args;
        private int next;
        private @Nullable Command command;
        private @Nullable String argument;
        private @Nullable String group;
        private final Map<Option, String> options = new EnumMap<>(Option.class);

        Parser(String... args) {
            this.args = args;
        }

        Arguments parse() {
            boolean onlyPlain = false;
            while (next < args.length) {
                String arg = args[next++];
                if (arg.equals("--") && !onlyPlain) {
                    onlyPlain = true;
                } else if (!onlyPlain && arg.length() > 1 && arg.charAt(0) == '-') {
                    option(arg);
                } else {
                    plain(arg);
                }
            }
            check();
            return new Arguments(Optional.ofNullable(command), options, Optional.ofNullable(argument));
        }

        private void option(String arg) {
            int equals = arg.startsWith("--") ? arg.indexOf('=') : -1;
            String name = equals < 0 ? arg : arg.substring(0, equals);
            Option option = find(name);
            if (option == null) {
                throw usage("no option " + name
                        + guess(name, Stream.of(Option.values()).map(Option::longName)));
            }
            if (option.takesValue() && equals < 0 && next == args.length) {
                throw usage(name + " needs a value: " + name + " " + option.value());
            }
            if (!option.takesValue() && equals >= 0) {
                throw usage(name + " takes no value");
            }
            String value = equals >= 0 ? arg.substring(equals + 1) : option.takesValue() ? args[next++] : "";
            options.merge(option, value, (before, now) -> option.isList() ? before + "," + now : now);
        }

        private static @Nullable Option find(String name) {
            for (Option option : Option.values()) {
                if (name.equals(option.longName()) || name.equals(option.shortName())) {
                    return option;
                }
            }
            return null;
        }

        private void plain(String arg) {
            if (command == null && group == null && arg.equals(Command.LEASE)) {
                group = arg;
            } else if (command == null) {
                command = command(group == null ? arg : group + " " + arg);
            } else if (argument != null || command.argument().isEmpty()) {
                throw usage("\"" + arg + "\" is one argument too many");
            } else {
                argument = arg;
            }
        }

        /** Refuses what is missing, and options of other commands, wherever they stood. */
        private void check() {
            for (Option option : options.keySet()) {
                if (command != null && !command.options().contains(option)) {
                    throw usage(command.text() + " has no option " + option.longName());
                }
            }
            if (command == null && group != null && !options.containsKey(Option.HELP)) {
                throw usage("which of lease create, list, show and delete?");
            }
            if (command == null && options.keySet().stream().noneMatch(WITHOUT_COMMAND::contains)) {
                throw usage("a command is missing");
            }
        }

        private CommandException usage(String sentence) {
            String of = command == null ? "" : " " + command.text();
            return new CommandException(ExitCode.USAGE, sentence + "; see qlease" + of + " --help");
        }
    }

    /**
     * The command of this name.
     *
     * @throws CommandException if there is none
     */
    static Command command(String text) {
        for (Command command : Command.values()) {
            if (command.text().equals(text)) {
                return command;
            }
        }
        String guess = guess(text, Stream.of(Command.values()).map(Command::text));
        throw new CommandException(ExitCode.USAGE, "no command \"" + text + "\"" + guess + "; see qlease --help");
    }

    /** The one that may have been meant, as an addition to a sentence. */
    private static String guess(String typed, Stream<String> names) {
        return names.filter(name -> !typed.isEmpty() && (name.startsWith(typed) || distance(name, typed) <= 2))
                .findFirst()
                .map(name -> " (did you mean " + name + "?)")
                .orElse("");
    }

    /** How many letters have to be added, taken away or changed. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
