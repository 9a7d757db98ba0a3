package dev.qlease.cli.args;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.cli.output.Printable;
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

/** Parses command lines and prints help, by a picocli model built from {@link Command} and {@link Option}. */
public final class CommandLines {
    /** Options accepted before a command; those that commands have too mean the same there. */
    private static final List<Option> PROGRAM =
            List.of(Option.NETNS, Option.JSON, Option.DEBUG, Option.HELP, Option.VERSION);

    private static final List<Command> ALL = List.of(Command.values());

    /** No class is instantiated here; picocli's default factory would look for Groovy first. */
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
     * Parses a command line.
     *
     * @throws CommandException if it is invalid
     */
    public static Arguments parse(String... args) {
        ParseResult result;
        try {
            result = read(program(named(args)), args);
        } catch (ParameterException e) {
            // With all commands in the model, picocli can suggest the one that was meant.
            result = readOrExplain(program(ALL), args);
        }
        Arguments arguments = arguments(result);
        check(arguments);
        return arguments;
    }

    /**
     * Parses the arguments of {@code ncdevmem}, whose options have a syntax of their own.
     *
     * @return the given options, with their values
     * @throws CommandException if they are invalid
     */
    public static Map<NcdevmemOption, String> ncdevmem(List<String> args) {
        Map<NcdevmemOption, String> options = new EnumMap<>(NcdevmemOption.class);
        for (OptionSpec given :
                readOrExplain(ncdevmem(), args.toArray(String[]::new)).matchedOptions()) {
            NcdevmemOption option = (NcdevmemOption) given.userObject();
            String value = given.stringValues().getLast();
            options.put(option, option == NcdevmemOption.DEV ? name(value) : value);
        }
        return options;
    }

    private static ParseResult read(CommandLine line, String... args) {
        line.setExpandAtFiles(false);
        line.setOverwrittenOptionsAllowed(true);
        // A namespace may have the name of a command, and a file the name of an option.
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

    /** Returns the commands that {@code args} can mean; building the model of all of them takes longer. */
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
        List<String> arguments = new ArrayList<>();
        for (ParseResult level = result; level != null; level = level.hasSubcommand() ? level.subcommand() : null) {
            for (OptionSpec given : level.matchedOptions()) {
                Option option = (Option) given.userObject();
                options.put(option, option.isName() ? names(given.stringValues()) : given.stringValues());
            }
            if (level.commandSpec().userObject() instanceof Command here) {
                command = here;
            }
            for (PositionalParamSpec given : level.matchedPositionals()) {
                for (String text : given.stringValues()) {
                    arguments.add(command != null && command.takesName() ? name(text) : text);
                }
            }
        }
        return new Arguments(Optional.ofNullable(command), options, arguments);
    }

    private static List<String> names(List<String> printed) {
        return printed.stream().map(CommandLines::name).toList();
    }

    /** Returns the name that {@code printed} escapes. */
    private static String name(String printed) {
        try {
            return Printable.parse(printed);
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.USAGE, Failure.message(e), e);
        }
    }

    private static void check(Arguments arguments) {
        if (arguments.has(Option.HELP) || arguments.has(Option.VERSION)) {
            return;
        }
        if (arguments.command().isEmpty()) {
            throw new CommandException(ExitCode.USAGE, "missing command; see qlease --help");
        }
        Command command = arguments.command().get();
        if (!command.group().isEmpty()) {
            List<String> words =
                    command.group().stream().map(Command::secondWord).toList();
            throw new CommandException(
                    ExitCode.USAGE,
                    "missing command after " + command.text() + ": "
                            + String.join(", ", words.subList(0, words.size() - 1)) + " or " + words.getLast()
                            + "; see qlease " + command.text() + " --help");
        }
    }

    /** Returns a sentence about the error, without the reference to the help. */
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
            return (where.userObject() instanceof Command command
                            ? command.text() + " has no option "
                            : "unknown option ")
                    + name
                    + guess;
        }
        return where.subcommands().isEmpty()
                ? "unexpected argument \"" + what + "\""
                : "unknown command \"" + what + "\"" + guess;
    }

    /**
     * Returns the command of this name.
     *
     * @throws CommandException if there is no such command
     */
    public static Command command(String text) {
        for (Command command : ALL) {
            if (command.text().equals(text)) {
                return command;
            }
        }
        throw new CommandException(ExitCode.USAGE, "unknown command \"" + text + "\"; see " + NAME + " --help");
    }

    /** Returns the help text of {@code command}, or of the program if it is null. */
    public static String help(@Nullable Command command) {
        return described(command).getUsageMessage(CommandLine.Help.Ansi.OFF);
    }

    /** Returns the model of {@code command}, or of the program if it is null, with everything that its help says. */
    static CommandLine described(@Nullable Command command) {
        CommandLine line = command == Command.NCDEVMEM ? ncdevmem() : program(ALL);
        if (command != null && command != Command.NCDEVMEM) {
            for (String word : command.text().split(" ", -1)) {
                line = Objects.requireNonNull(line.getSubcommands().get(word), word);
            }
        }
        describe(line.getCommandSpec(), command);
        return line;
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
                // The command of the first word alone comes just before it.
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
                    .index(command.takesArguments() ? "0..*" : "0")
                    .arity(command.takesArguments() ? "0..*" : "0..1")
                    .type(command.takesArguments() ? String[].class : String.class)
                    .paramLabel("[" + command.argument() + "]")
                    .hidden(true)
                    .build());
        }
        add(spec, command.options());
        return spec;
    }

    /** Adds the rest of the help text of {@code command} to {@code spec}; null stands for the program. */
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
        // A letter's value is the next argument, or follows directly, without an equals sign.
        spec.parser().separator(" ");
        return new CommandLine(spec, NOTHING);
    }

    private static void add(CommandSpec spec, List<Option> options) {
        for (Option option : options) {
            spec.addOption(option(option, option.shortName(), option.longName(), option.value(), option.description()));
        }
    }

    /**
     * Returns a picocli option for {@code option}. An empty letter, word or value stands for none. Values are parsed as
     * text; the commands interpret them.
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
