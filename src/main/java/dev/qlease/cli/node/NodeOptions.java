package dev.qlease.cli.node;

import dev.qlease.cli.args.Addresses;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.node.dra.DraDriver.Settings;
import dev.qlease.node.status.NodeStatus;
import java.net.InetSocketAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The command line of {@code qlease-node}.
 *
 * @param settings where kubelet and the container runtime are
 * @param listen where to serve health and metrics
 * @param json whether to print events as JSON
 */
public record NodeOptions(Settings settings, InetSocketAddress listen, boolean json) {
    /** The variable that the manifest of the DaemonSet sets. */
    public static final String NODE_NAME = "NODE_NAME";

    private static final String NAME_OPTION = "--node-name";
    private static final String KUBELET = "--kubelet";
    private static final String NRI_SOCKET = "--nri-socket";
    private static final String CDI = "--cdi";
    private static final String LISTEN = "--listen";
    private static final String JSON = "--json";
    private static final String HELP = "--help";
    private static final String VERSION = "--version";
    private static final String DIRECTORY_LABEL = "DIR";

    /** As the API server checks names of nodes. */
    private static final String NODE = "[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?";

    /** What a command line asks for: to run, or to print a text. */
    sealed interface Request {
        /** Run. */
        record Run(NodeOptions options) implements Request {}

        /** Print the text. */
        record Print(String text) implements Request {}
    }

    /** Returns the options that there are. */
    public static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("qlease-node");
        spec.usageMessage()
                .width(100)
                .description(
                        "Leases receive queues to pods by claims of Dynamic Resource Allocation, driver qlease.dev,"
                                + " and binds device memory for them. Runs until SIGTERM or SIGINT.");
        spec.addOption(value(NAME_OPTION, "NAME", "name of this node in the cluster (default: $" + NODE_NAME + ")"));
        spec.addOption(value(KUBELET, DIRECTORY_LABEL, "directory of kubelet (default: " + Settings.KUBELET + ")"));
        spec.addOption(value(
                NRI_SOCKET, "PATH", "socket of the container runtime for NRI (default: " + Settings.NRI_SOCKET + ")"));
        spec.addOption(value(
                CDI,
                DIRECTORY_LABEL,
                "where the container runtime looks for CDI specifications (default: " + Settings.CDI + ")"));
        spec.addOption(value(
                LISTEN,
                "ADDR:PORT",
                "serve health and metrics by HTTP there (default: " + Addresses.text(NodeStatus.DEFAULT_LISTEN) + ")"));
        spec.addOption(flag(JSON, "print each event as a JSON object on a line"));
        spec.addOption(flag(HELP, "print this help"));
        spec.addOption(flag(VERSION, "print the version"));
        return spec;
    }

    private static OptionSpec value(String name, String label, String description) {
        return OptionSpec.builder(name)
                .type(String.class)
                .arity("1")
                .paramLabel(label)
                .description(description)
                .build();
    }

    private static OptionSpec flag(String name, String description) {
        return OptionSpec.builder(name)
                .type(boolean.class)
                .description(description)
                .build();
    }

    /**
     * Reads a command line.
     *
     * @param environment in place of missing options
     * @param version the version of qlease
     * @throws CommandException USAGE if it is invalid
     */
    static Request parse(String[] args, Map<String, String> environment, String version) {
        CommandLine line = new CommandLine(spec());
        ParseResult result;
        try {
            result = line.parseArgs(args);
        } catch (ParameterException e) {
            throw usage(e.getMessage() + "; qlease-node --help lists the options");
        }
        if (result.hasMatchedOption(HELP)) {
            return new Request.Print(line.getUsageMessage());
        }
        if (result.hasMatchedOption(VERSION)) {
            return new Request.Print("qlease-node " + version + "\n");
        }
        String node = Optional.ofNullable(result.<String>matchedOptionValue(NAME_OPTION, null))
                .or(() -> Optional.ofNullable(environment.get(NODE_NAME)))
                .orElseThrow(() -> usage(
                        "the name of this node is not known: give " + NAME_OPTION + " NAME, or set " + NODE_NAME));
        if (!node.matches(NODE)) {
            throw usage("\"" + node + "\" is no name of a node: give " + NAME_OPTION + " a name as kubectl get nodes"
                    + " lists it");
        }
        Settings settings = new Settings(
                node,
                path(result, KUBELET, Settings.KUBELET),
                path(result, NRI_SOCKET, Settings.NRI_SOCKET),
                path(result, CDI, Settings.CDI));
        return new Request.Run(new NodeOptions(settings, listen(result), result.hasMatchedOption(JSON)));
    }

    private static InetSocketAddress listen(ParseResult result) {
        String text = result.matchedOptionValue(LISTEN, "");
        return text.isEmpty() && !result.hasMatchedOption(LISTEN)
                ? NodeStatus.DEFAULT_LISTEN
                : Addresses.parse(Option.METRICS_LISTEN, text, 0);
    }

    private static Path path(ParseResult result, String option, Path otherwise) {
        String text = result.matchedOptionValue(option, otherwise.toString());
        try {
            Path path = Path.of(text);
            if (path.isAbsolute()) {
                return path;
            }
        } catch (InvalidPathException e) {
            throw usage(option + " is \"" + text + "\", which is no path: " + e.getReason());
        }
        throw usage(option + " is \"" + text + "\"; give a path that begins with a slash");
    }

    private static CommandException usage(String sentence) {
        return new CommandException(ExitCode.USAGE, sentence);
    }
}
