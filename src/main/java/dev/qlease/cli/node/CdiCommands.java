package dev.qlease.cli.node;

import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Command;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.args.Values;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.cli.output.Output;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.node.cdi.CapableNics;
import dev.qlease.node.cdi.CdiHook;
import dev.qlease.node.cdi.CdiSpec;
import dev.qlease.node.cdi.LeaseConfig;
import dev.qlease.node.cdi.SpecFile;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code qlease cdi generate}, and {@code qlease cdi hook}, which OCI runtimes run. */
public final class CdiCommands {
    private static final String STANDARD_OUTPUT = "-";

    /**
     * What a program allocates dma-bufs from without privileges. A DMA heap is not among them: no limit of the
     * container applies to what it allocates.
     */
    private static final Path UDMABUF = Path.of("/dev/udmabuf");

    /** Where the launcher finds its start-up cache. */
    private static final String CACHE = "QLEASE_AOT_CACHE";

    private final Arguments arguments;
    private final Output output;

    private CdiCommands(Arguments arguments, Output output) {
        this.arguments = arguments;
        this.output = output;
    }

    /** Runs one of the commands. */
    public static void run(Command command, Arguments arguments, Output output) throws IOException {
        if (arguments.has(Option.NETNS)) {
            throw new CommandException(
                    ExitCode.USAGE, command.text() + " has no option --netns: it runs in the namespace of the NICs");
        }
        if (command == Command.CDI_HOOK) {
            hook(arguments);
        } else {
            new CdiCommands(arguments, output).generate();
        }
    }

    /** Runs a hook. A failure goes to the system log, too: crun discards what hooks print. */
    private static void hook(Arguments arguments) {
        try {
            new CdiHook(arguments.arguments(), new FileInputStream(FileDescriptor.in)).run();
        } catch (RuntimeException | Error e) {
            SystemLog.error(SystemLog.SOCKET, Failure.of(e).sentence());
            throw e;
        }
    }

    private void generate() throws IOException {
        LeaseConfig config = config();
        config.check();
        String out = Objects.requireNonNullElse(arguments.value(Option.CDI_OUT), KernelText.text(SpecFile.DEFAULT));
        CapableNics.Found found;
        try (Target target = Target.open(null, arguments.argument().orElse(null))) {
            found = new CapableNics(target.sockets()).find(target.link(), config);
        }
        List<String> nodes = Files.exists(UDMABUF) ? List.of(UDMABUF.toString()) : List.of();
        Path home = home();
        CdiSpec spec = new CdiSpec(KernelText.text(command(home)), environment(home), nodes, found.devices());
        if (out.equals(STANDARD_OUTPUT)) {
            output.print(spec.json());
        } else {
            write(spec, new SpecFile(KernelText.path(out)));
        }
        output.flush();
        for (String note : found.notes()) {
            output.note(note);
        }
    }

    private void write(CdiSpec spec, SpecFile file) throws IOException {
        file.write(spec);
        output.printLine(file + ": "
                + spec.devices().stream()
                        .map(device -> CdiSpec.KIND + "=" + device.name())
                        .collect(Collectors.joining(", ")));
        if (!file.isReadByEngines()) {
            output.note("engines read only files whose names end with .json or .yaml");
        }
    }

    private LeaseConfig config() {
        return new LeaseConfig(
                Map.of(),
                number(Option.QUEUES, LeaseSpec.MOST_QUEUES),
                text(Option.GUEST),
                list(Option.ADDRESS),
                list(Option.ROUTE),
                text(Option.REDIRECT),
                text(Option.MODE),
                list(Option.PORT)
                        .map(ports -> ports.stream()
                                .map(port -> Values.number(Option.PORT.longName(), port, 1, Values.LAST_PORT))
                                .toList()),
                number(Option.RX_RING, Integer.MAX_VALUE),
                flag(Option.SINGLE),
                flag(Option.SHARED_TRAFFIC));
    }

    private Optional<String> text(Option option) {
        return Optional.ofNullable(arguments.value(option));
    }

    private Optional<Integer> number(Option option, int most) {
        return text(option).map(text -> Values.number(option.longName(), text, 1, most));
    }

    private Optional<List<String>> list(Option option) {
        return Optional.of(arguments.values(option)).filter(values -> !values.isEmpty());
    }

    private Optional<Boolean> flag(Option option) {
        return Optional.of(arguments.has(option)).filter(given -> given);
    }

    /** Returns the directory that has the command and its jars. */
    private static Path home() {
        CodeSource source = CdiCommands.class.getProtectionDomain().getCodeSource();
        try {
            Path jar = Path.of(source.getLocation().toURI()).toRealPath();
            return Objects.requireNonNull(
                    Objects.requireNonNull(jar.getParent()).getParent());
        } catch (URISyntaxException | IOException e) {
            throw new CommandException(ExitCode.FAILED, "the place of this command cannot be found: " + e, e);
        }
    }

    private static Path command(Path home) {
        Path command = home.resolve("bin/qlease");
        if (!Files.isExecutable(command)) {
            throw new CommandException(
                    ExitCode.FAILED,
                    "hooks need " + KernelText.text(command) + ", which is no program; run bin/qlease of a"
                            + " distribution");
        }
        return command;
    }

    /** Returns the variables by which the launcher finds what it is run with now; hooks have no others. */
    private static List<String> environment(Path home) {
        List<String> variables = new ArrayList<>();
        Path java = Path.of(System.getProperty("java.home"));
        if (!java.startsWith(home)) {
            variables.add("JAVA_HOME=" + KernelText.text(java));
        }
        Stream.ofNullable(System.getenv(CACHE)).forEach(cache -> variables.add(CACHE + "=" + cache));
        return variables;
    }
}
