package dev.qlease.node.cni;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The parameters of an invocation. They come from an engine's API and are checked before anything is done with them.
 *
 * @param operation what to do
 * @param containerId the container's id; empty unless the operation is about an attachment
 * @param netns the path of the container's network namespace; can be empty for DEL
 * @param ifname the interface; empty unless the operation is about an attachment
 * @param path the directories with plugins
 * @param environment all variables of the protocol, to be passed to a delegated plugin
 */
record Parameters(
        Operation operation,
        String containerId,
        String netns,
        String ifname,
        List<String> path,
        Map<String, String> environment) {
    private static final String PREFIX = "CNI_";
    static final String COMMAND = "CNI_COMMAND";
    static final String NETNS = "CNI_NETNS";
    private static final String CONTAINERID = "CNI_CONTAINERID";
    private static final String IFNAME = "CNI_IFNAME";
    private static final String ARGS = "CNI_ARGS";
    private static final String PATH = "CNI_PATH";

    /** Keeps copies. */
    Parameters {
        path = List.copyOf(path);
        environment = Map.copyOf(environment);
    }

    /**
     * Reads the parameters.
     *
     * @throws CniException if a variable is missing or invalid; the message names it
     */
    static Parameters of(Map<String, String> environment) {
        Operation operation = operation(environment.getOrDefault(COMMAND, ""));
        String containerId = environment.getOrDefault(CONTAINERID, "");
        String netns = environment.getOrDefault(NETNS, "");
        String ifname = environment.getOrDefault(IFNAME, "");
        if (operation.isOfAttachment()) {
            require(CONTAINERID, containerId, Attachment.NAME, Attachment.NAME_ALLOWED);
            require(
                    IFNAME,
                    ifname,
                    Attachment.IFNAME,
                    "a device's name: 1 to 15 printable characters, no slash or colon");
            if (ifname.equals(".") || ifname.equals("..")) {
                throw invalid(IFNAME, ifname, "a device's name");
            }
            if (operation != Operation.DEL) {
                require(NETNS, netns, "[^\\x00]+", "the path of a network namespace");
                require(
                        ARGS,
                        environment.getOrDefault(ARGS, ""),
                        "|[^;=]+=[^;]*(;[^;=]+=[^;]*)*;?",
                        "KEY=VALUE;KEY=VALUE");
            }
        }
        Map<String, String> protocol = environment.entrySet().stream()
                .filter(variable -> variable.getKey().startsWith(PREFIX))
                .collect(java.util.stream.Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        List<String> path =
                new ArrayList<>(List.of(environment.getOrDefault(PATH, "").split(":")));
        path.removeIf(String::isEmpty);
        return new Parameters(operation, containerId, netns, ifname, path, protocol);
    }

    private static Operation operation(String command) {
        return Operation.find(command)
                .orElseThrow(() -> invalid(
                        COMMAND,
                        command,
                        "one of " + Operation.all() + "; container engines set it, and run this command as a plugin"));
    }

    private static void require(String variable, String value, String pattern, String allowed) {
        if (!value.matches(pattern)) {
            throw invalid(variable, value, allowed);
        }
    }

    private static CniException invalid(String variable, String value, String allowed) {
        String what = value.isEmpty() ? " is not set" : " is \"" + value + "\"";
        return new CniException(CniCode.ENVIRONMENT, variable + what + "; it must be " + allowed);
    }

    /** Returns the attachment in this network. */
    Attachment attachment(String network) {
        return new Attachment(network, containerId, ifname);
    }
}
