package dev.qlease.node.cdi;

import dev.qlease.lease.LeaseSpec;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.node.cdi.CdiException.Reason;
import dev.qlease.ops.FieldValues;
import dev.qlease.ops.FileNode;
import dev.qlease.ops.InvalidFileException;
import dev.qlease.ops.JsonNodes;
import dev.qlease.ops.LeaseTemplate;
import dev.qlease.ops.Position;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The lease of one container: the fields of its device, and those that the container's annotations add. Annotations are
 * set by whoever starts the container; they add fields and never replace those of the device. Immutable.
 */
final class ContainerLease {
    /** What the names of annotations begin with. */
    static final String PREFIX = "qlease.dev/";

    /** The fields that a container can have; others change the NIC, or what its users can read of others. */
    static final List<String> ANNOTATIONS =
            List.of("queues", "guest", "addresses", "routes", "redirect", "mode", "ports");

    private static final List<String> LISTS = List.of("addresses", "routes", "ports");
    private static final List<String> NUMBERS = List.of("queues", "ports");

    private final LeaseTemplate template;

    private ContainerLease(LeaseTemplate template) {
        this.template = template;
    }

    /**
     * Combines the fields of a device with annotations.
     *
     * @param device the name of the device, for messages
     * @param config the fields of the device, {@link LeaseConfig#json()}
     * @param annotations the fields of the container
     * @throws CdiException if one is unknown, invalid, not allowed or missing
     */
    static ContainerLease of(String device, String config, Map<String, String> annotations) {
        Map<String, FileNode.Member> fields = fields("fields of device " + device, config);
        annotations.forEach((field, text) -> {
            String name = PREFIX + field;
            if (!ANNOTATIONS.contains(field)) {
                throw invalid(
                        "unknown annotation " + name + "; give " + PREFIX + String.join(", " + PREFIX, ANNOTATIONS));
            }
            if (fields.containsKey(field)) {
                throw invalid("annotation " + name + " is not allowed: device " + device + " has a value for all"
                        + " containers; qlease cdi generate without that option leaves it to each container");
            }
            fields.put(field, new FileNode.Member(position(name), field, node(name, field, text)));
        });
        // It would be refused later, too, but without saying where to give one.
        if (LeaseTemplate.needsAddress(fields)) {
            throw invalid("the container has no address for " + device + ": start it with --annotation " + PREFIX
                    + "addresses=ADDRESS/LENGTH, or generate the device with --address");
        }
        return new ContainerLease(template("fields of device " + device, fields));
    }

    /**
     * Checks the fields of a device, as far as that is possible without those of a container.
     *
     * @throws CdiException if one is invalid, or they contradict each other
     */
    static void check(LeaseConfig config) {
        String source = "options";
        Map<String, FileNode.Member> fields =
                fields(source, config.of(Map.of("name", "nic")).json());
        LeaseTemplate template = template(source, fields);
        LeaseTemplate checked = LeaseTemplate.needsAddress(fields) ? template.withoutPackets() : template;
        try {
            checked.spec("nic", NetworkNamespace.ofCaller(), checked.device(), "options");
        } catch (IllegalArgumentException e) {
            throw new CdiException(Reason.INVALID, String.valueOf(e.getMessage()), e);
        }
    }

    private static LeaseTemplate template(String source, Map<String, FileNode.Member> fields) {
        FieldValues values = new FieldValues();
        values.requireKnown(fields, "", LeaseTemplate.FIELDS);
        return LeaseTemplate.read(values, fields, position(source))
                .filter(_ -> values.problems().isEmpty())
                .orElseThrow(() -> invalid(String.join("; ", values.problems())));
    }

    private static Map<String, FileNode.Member> fields(String source, String json) {
        try {
            FieldValues values = new FieldValues();
            FileNode root = JsonNodes.parse(source, json.getBytes(StandardCharsets.UTF_8));
            return new LinkedHashMap<>(values.members(root, "it", "a JSON object")
                    .filter(_ -> values.problems().isEmpty())
                    .orElseThrow(() -> invalid(String.join("; ", values.problems()))));
        } catch (InvalidFileException e) {
            throw new CdiException(Reason.INVALID, String.valueOf(e.getMessage()), e);
        }
    }

    private static CdiException invalid(String sentence) {
        return new CdiException(Reason.INVALID, sentence);
    }

    private static Position position(String source) {
        return new Position(source, 0, 0);
    }

    private static FileNode node(String name, String field, String text) {
        Position position = position("annotation " + name);
        boolean plain = NUMBERS.contains(field);
        if (!LISTS.contains(field)) {
            return new FileNode.Scalar(position, text, plain);
        }
        List<FileNode> items = new ArrayList<>();
        Arrays.stream(text.split(",", -1))
                .map(item -> new FileNode.Scalar(position, item.strip(), plain))
                .forEach(items::add);
        return new FileNode.Items(position, items);
    }

    /**
     * Returns the specification of the lease.
     *
     * @param home the namespace of the NICs; remains owned by the caller
     * @param netns the container's namespace; remains owned by the caller
     * @param owner the owner of the lease
     * @throws CdiException if values contradict each other
     * @throws dev.qlease.ops.OpsException if the NIC is not there
     */
    LeaseSpec spec(NetworkNamespace home, NetworkNamespace netns, String owner) {
        String nic;
        try (NamespaceSockets sockets = NamespaceSockets.of(home)) {
            nic = template.nic(sockets).ifname();
        }
        try {
            return template.spec(nic, netns, template.device(), owner);
        } catch (IllegalArgumentException e) {
            throw new CdiException(Reason.INVALID, "lease of the container: " + e.getMessage(), e);
        }
    }
}
