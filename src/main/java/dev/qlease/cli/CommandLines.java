package dev.qlease.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Command lines as picocli reads and explains them, by a model that is made of {@link Command} and {@link Option}. */
final class CommandLines {
    /** What is the program's own, before a command; those that commands have too mean the same there. */
    private static final List<Option> PROGRAM =
            List.of(Option.NETNS, Option.JSON, Option.DEBUG, Option.HELP, Option.VERSION);

    private static final List<Command> ALL = List.of(Command.values());

    /** Nothing is made of classes here; picocli's own factory would look for Groovy first. */
    private static final IFactory NOTHING = new IFactory() {
        @Override
        public <K> K create(Class<K> type) {
            throw new UnsupportedOperationException(type.getName());
        }
    };

    private static final String NAME = "qlease";
    private static final int WIDTH = 108;
    private static final int LONGEST_OPTION = 24;

    private CommandLines() {}

    /**
     * Reads a command line.
     *
     * @throws CommandException if it makes no sense
     */
    static Arguments parse(String... args) {
        ParseResult result;
        try {
            result = read(program(named(args)), args);
        } catch (ParameterException e) {
            // One of the others may have been meant.
            result = readOrExplain(program(ALL), args);
        }
        Arguments arguments = arguments(result);
        check(arguments);
        return arguments;
    }

    /**
     * Reads what follows {@code ncdevmem}, which has options of its own kind.
     *
     * @return those that were given, with their values
     * @throws CommandException if it makes no sense
     */
    static Map<NcdevmemOption, String> ncdevmem(List<String> args) {
        Map<NcdevmemOption, String> options = new EnumMap<>(NcdevmemOption.class);
        for (OptionSpec given :
                readOrExplain(ncdevmem(), args.toArray(String[]::new)).matchedOptions()) {
            options.put(
                    (NcdevmemOption) given.userObject(), given.stringValues().getLast());
        }
        return options;
    }

    private static ParseResult read(CommandLine line, String... args) {
        line.setExpandAtFiles(false);
        line.setOverwrittenOptionsAllowed(true);
        // A namespace can be called like a command, a file like an option.
        line.setAllowSubcommandsAsOptionParameters(true);
        line.setAllowOptionsAsOptionParameters(true);
        return line.parseArgs(args);
    }

    private static ParseResult readOrExplain(CommandLine line, String... args) {
        try {
            return read(line, args);
        } catch (ParameterException e) {
            throw new CommandException(
                    ExitCode.USAGE,
                    sentence(e) + "; see " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help",
                    e);
        }
    }

    /** The commands that {@code args} can mean, since setting up each takes a while. */
    private static Collection<Command> named(String... args) {
        Set<String> words = new HashSet<>(Arrays.asList(args));
        List<Command> named = new ArrayList<>();
        for (Command command : ALL) {
            if (words.contains(command.firstWord())
                    && (command.secondWord().isEmpty() || words.contains(command.secondWord()))) {
                named.add(command);
            }
        }
        return named;
    }

    private static Arguments arguments(ParseResult result) {
        Map<Option, List<String>> options = new EnumMap<>(Option.class);
        Command command = null;
        String argument = null;
        for (ParseResult level = result; level != null; level = level.hasSubcommand() ? level.subcommand() : null) {
            for (OptionSpec given : level.matchedOptions()) {
                options.put((Option) given.userObject(), given.stringValues());
            }
            for (PositionalParamSpec given : level.matchedPositionals()) {
                argument = given.stringValues().getFirst();
            }
            if (level.commandSpec().userObject() instanceof Command here) {
                command = here;
            }
        }
        return new Arguments(Optional.ofNullable(command), options, Optional.ofNullable(argument));
    }

    private static void check(Arguments arguments) {
        if (arguments.has(Option.HELP) || arguments.has(Option.VERSION)) {
            return;
        }
        if (arguments.command().isEmpty()) {
            throw new CommandException(ExitCode.USAGE, "a command is missing; see qlease --help");
        }
        if (arguments.command().get() == Command.LEASE) {
            throw new CommandException(
                    ExitCode.USAGE, "which of lease create, list, show and delete? see qlease lease --help");
        }
    }

    /** What is wrong, but for where to read more. */
    private static String sentence(ParameterException e) {
        if (e instanceof UnmatchedArgumentException unmatched) {
            return sentence(unmatched);
        }
        if (e instanceof MissingParameterException missing
                && missing.getMissing().getFirst() instanceof OptionSpec option) {
            return option.longestName() + " needs a value: " + option.longestName() + " " + option.paramLabel();
        }
        return String.valueOf(e.getMessage());
    }

    private static String sentence(UnmatchedArgumentException unmatched) {
        CommandSpec where = unmatched.getCommandLine().getCommandSpec();
        String what = unmatched.getUnmatched().getFirst();
        List<String> meant = unmatched.getSuggestions();
        String guess =
                meant.isEmpty() || meant.getFirst().equals(what) ? "" : " (did you mean " + meant.getFirst() + "?)";
        if (unmatched.isUnknownOption()) {
            String name = what.contains("=") ? what.substring(0, what.indexOf('=')) : what;
            return (where.userObject() instanceof Command command ? command.text() + " has no option " : "no option ")
                    + name
                    + guess;
        }
        return where.subcommands().isEmpty()
                ? "\"" + what + "\" is one argument too many"
                : "no command \"" + what + "\"" + guess;
    }

    /**
     * The command of this name.
     *
     * @throws CommandException if there is none
     */
    static Command command(String text) {
        for (Command command : ALL) {
            if (command.text().equals(text)) {
                return command;
            }
        }
        throw new CommandException(ExitCode.USAGE, "no command \"" + text + "\"; see " + NAME + " --help");
    }

    /** What {@code --help} prints of {@code command}; null for the program. */
    static String help(@Nullable Command command) {
        CommandLine line = command == Command.NCDEVMEM ? ncdevmem() : program(ALL);
        if (command != null && command != Command.NCDEVMEM) {
            for (String word : command.text().split(" ", -1)) {
                line = Objects.requireNonNull(line.getSubcommands().get(word), word);
            }
        }
        describe(line.getCommandSpec(), command);
        return line.getUsageMessage(CommandLine.Help.Ansi.OFF);
    }

    private static CommandLine program(Collection<Command> commands) {
        CommandSpec program = CommandSpec.wrapWithoutInspection(null, NOTHING).name(NAME);
        program.usageMessage().description(Help.PROGRAM);
        add(program, PROGRAM);
        CommandSpec group = program;
        for (Command command : commands) {
            CommandSpec spec = spec(command);
            CommandLine line = new CommandLine(spec, NOTHING);
            if (command.secondWord().isEmpty()) {
                program.addSubcommand(command.firstWord(), line);
                group = spec;
            } else {
                // The command that its first word is has come just before it.
                group.addSubcommand(command.secondWord(), line);
            }
        }
        CommandLine line = new CommandLine(program, NOTHING);
        line.setPosixClusteredShortOptionsAllowed(false);
        return line;
    }

    private static Map<String, String> exitCodes() {
        Map<String, String> codes = new LinkedHashMap<>();
        for (ExitCode code : ExitCode.values()) {
            codes.put(Integer.toString(code.number()), code.meaning());
        }
        return codes;
    }

    private static CommandSpec spec(Command command) {
        CommandSpec spec = CommandSpec.wrapWithoutInspection(command, NOTHING);
        spec.usageMessage().description(command.description());
        if (!command.argument().isEmpty()) {
            spec.addPositional(PositionalParamSpec.builder()
                    .index("0")
                    .arity("0..1")
                    .type(String.class)
                    .paramLabel("[" + command.argument() + "]")
                    .hidden(true)
                    .build());
        }
        add(spec, command.options());
        return spec;
    }

    /** Has {@code spec} say all that else help is to say of {@code command}; null for the program. */
    private static void describe(CommandSpec spec, @Nullable Command command) {
        spec.usageMessage()
                .customSynopsis("${COMMAND-FULL-NAME} " + (command == null ? Command.LEASE : command).synopsis())
                .descriptionHeading("%n")
                .optionListHeading("%nOptions:%n")
                .commandListHeading("%nCommands:%n")
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(exitCodes())
                .footerHeading("%n")
                .footer(Help.of(command).strip().split("\n", -1))
                .sortOptions(false)
                .longOptionsMaxWidth(LONGEST_OPTION)
                .width(WIDTH);
    }

    private static CommandLine ncdevmem() {
        CommandSpec spec =
                CommandSpec.wrapWithoutInspection(Command.NCDEVMEM, NOTHING).name(NAME + " " + Command.NCDEVMEM.text());
        spec.usageMessage().description(Command.NCDEVMEM.description());
        for (NcdevmemOption option : NcdevmemOption.values()) {
            String word = option == NcdevmemOption.HELP ? Option.HELP.longName() : "";
            spec.addOption(option(option, option.letter(), word, option.value(), option.description()));
        }
        // Letters and their values stand apart, or together without a sign between.
        spec.parser().separator(" ");
        return new CommandLine(spec, NOTHING);
    }

    private static void add(CommandSpec spec, List<Option> options) {
        for (Option option : options) {
            spec.addOption(option(option, option.shortName(), option.longName(), option.value(), option.description()));
        }
    }

    /**
     * An option of picocli's for {@code option}, whose value is called {@code value}; the letter, the word or the value is
     * empty for none. Values are read as text, and made sense of by commands.
     */
    private static OptionSpec option(Object option, String letter, String word, String value, String description) {
        String[] names = Stream.of(letter, word).filter(name -> !name.isEmpty()).toArray(String[]::new);
        OptionSpec.Builder builder =
                OptionSpec.builder(names).userObject(option).description(description);
        return value.isEmpty()
                ? builder.type(boolean.class).arity("0").build()
                : builder.type(String[].class).arity("1").paramLabel(value).build();
    }
}
