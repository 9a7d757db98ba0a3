package dev.qlease.cli;

import dev.qlease.cli.node.CniCommand;
import dev.qlease.cli.output.Output;
import dev.qlease.linux.LinuxException;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Runs command lines that only read, so that Java can record the classes that it loads and links for them: the launcher
 * runs this to make the start-up cache. Changes nothing, prints nothing and ignores failures.
 */
public final class Training {
    private static final List<String> COMMAND_LINES = List.of(
            "queues --json",
            "queues",
            "queues lo --netns /proc/self/ns/net",
            "queues lo --json",
            "napi",
            "napi --json",
            "page-pools --json",
            "stats",
            "stats --json",
            "links",
            "links --json",
            "doctor",
            "doctor lo",
            "metrics",
            "lease list",
            "lease list --json",
            "lease verify --json",
            "help",
            "queues --help",
            "queue",
            "--version",
            "queues no-such-device");

    /** Plans a lease, for each device that could be its NIC. */
    private static final String PLAN = "lease create --dry-run --json --netns /proc/self/ns/net --nic ";

    private static final List<String> CNI = List.of("VERSION", "STATUS", "ADD", "CHECK");
    private static final int MOST_DEVICES = 2;
    private static final String LOOPBACK = "lo";

    private Training() {}

    /**
     * Runs the command lines.
     *
     * @param args unused
     */
    public static void main(String[] args) {
        COMMAND_LINES.forEach(Training::run);
        devices().forEach(device -> run(PLAN + device));
        CNI.forEach(Training::runCni);
    }

    /** Invokes the CNI plugin. An ADD to the namespace of the NICs is refused before anything is changed. */
    private static void runCni(String command) {
        Output nowhere = new Output(OutputStream.nullOutputStream(), OutputStream.nullOutputStream());
        String nic = devices().stream().map(Object::toString).findFirst().orElse(LOOPBACK);
        String config = "{\"cniVersion\": \"1.1.0\", \"name\": \"training\", \"nic\": \"" + nic
                + "\", \"addresses\": [\"198.18.0.2/24\"], \"prevResult\": {\"interfaces\": [{\"name\": \"lo\"}],"
                + " \"ips\": [{\"address\": \"127.0.0.1/8\", \"interface\": 0}]}}";
        Map<String, String> environment = Map.of(
                "CNI_COMMAND",
                command,
                "CNI_CONTAINERID",
                "training",
                "CNI_NETNS",
                "/proc/self/ns/net",
                "CNI_IFNAME",
                "training0",
                "CNI_PATH",
                "/");
        byte[] input = config.getBytes(StandardCharsets.UTF_8);
        CniCommand.run(environment, new ByteArrayInputStream(input), nowhere, false);
    }

    private static void run(String commandLine) {
        Main.run(OutputStream.nullOutputStream(), OutputStream.nullOutputStream(), commandLine.split(" "));
    }

    private static List<Integer> devices() {
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            return rtnetlink.links().list().stream()
                    .filter(link -> link.isUp() && !link.ifname().equals(LOOPBACK))
                    .map(Link::ifindex)
                    .limit(MOST_DEVICES)
                    .toList();
        } catch (LinuxException e) {
            return List.of();
        }
    }
}
