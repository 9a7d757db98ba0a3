package dev.qlease.node.dra;

import dev.qlease.ops.FieldValues;
import dev.qlease.ops.FileNode;
import dev.qlease.ops.InvalidFileException;
import dev.qlease.ops.JsonNodes;
import dev.qlease.ops.LeaseTemplate;
import dev.qlease.ops.Position;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request: the fields of a lease that the DeviceClass and the claim give. A claim is written by the
 * pod's user, a DeviceClass by the cluster's administrator: a claim adds fields, and never replaces those of the class.
 * Immutable.
 */
final class ClaimParameters {
    static final String API_VERSION = "qlease.dev/v1";
    static final String KIND = "LeaseParameters";
    static final String MEMORY = "memory";

    /** The fields that a claim can have; others change the NIC, or what its users can read of others. */
    static final List<String> OF_CLAIMS = List.of("guest", "addresses", "routes", "redirect", "mode", "ports", MEMORY);

    /** The fields that a DeviceClass can have. */
    static final List<String> OF_CLASSES = Stream.concat(
                    OF_CLAIMS.stream(), Stream.of("rx-ring", "single", "shared-traffic"))
            .toList();

    private static final String UDMABUF = "udmabuf";
    private static final String UDMABUF_NODE = "/dev/udmabuf";
    private static final String DMA_HEAP = "dma-heap";
    private static final String DMA_HEAP_NODE = "/dev/dma_heap/system";
    private static final Position NOWHERE = new Position("parameters", 0, 0);

    private final LeaseTemplate template;
    private final String json;
    private final List<String> nodes;

    private ClaimParameters(LeaseTemplate template, String json, List<String> nodes) {
        this.template = template;
        this.json = json;
        this.nodes = nodes;
    }

    /**
     * Parameters as they were given.
     *
     * @param ofClass whether the DeviceClass gives them, and not the claim
     * @param json a JSON object
     */
    record Given(boolean ofClass, String json) {}

    /**
     * Combines parameters.
     *
     * @throws DraException if a field is unknown, invalid, not allowed, or given twice
     */
    static ClaimParameters of(List<Given> given) {
        FieldValues values = new FieldValues();
        Map<String, FileNode.Member> fields = new LinkedHashMap<>();
        given.stream().filter(Given::ofClass).forEach(one -> add(values, fields, one));
        given.stream().filter(one -> !one.ofClass()).forEach(one -> add(values, fields, one));
        requireValid(values);
        List<String> nodes = nodes(values, fields.remove(MEMORY));
        requireValid(values);
        String json = FieldsJson.text(fields.values());
        return new ClaimParameters(template(json, "nic", 1, Optional.empty(), List.of()), json, nodes);
    }

    private static void add(FieldValues values, Map<String, FileNode.Member> fields, Given given) {
        String source = given.ofClass() ? "parameters of the DeviceClass" : "parameters of the claim";
        Map<String, FileNode.Member> added = members(values, source, given.json());
        requireText(values, source, added.remove("apiVersion"), "apiVersion", API_VERSION);
        requireText(values, source, added.remove("kind"), "kind", KIND);
        values.requireKnown(added, "", given.ofClass() ? OF_CLASSES : OF_CLAIMS);
        added.forEach((field, member) -> {
            if (fields.putIfAbsent(field, member) != null) {
                values.problem(
                        member.position(),
                        field,
                        given.ofClass()
                                ? "given twice for the request; give it once"
                                : "the DeviceClass, or another configuration of the claim, has it for this request;"
                                        + " leave it out");
            }
        });
    }

    private static Map<String, FileNode.Member> members(FieldValues values, String source, String json) {
        try {
            FileNode root = JsonNodes.parse(source, json.getBytes(StandardCharsets.UTF_8));
            Optional<Map<String, FileNode.Member>> members = values.members(root, "it", "an object of kind " + KIND);
            requireValid(values);
            return new LinkedHashMap<>(members.orElseThrow());
        } catch (InvalidFileException e) {
            throw new DraException(String.valueOf(e.getMessage()), e);
        }
    }

    private static void requireText(
            FieldValues values, String source, FileNode.@Nullable Member member, String field, String only) {
        Optional<String> text = Optional.ofNullable(member)
                .map(FileNode.Member::value)
                .flatMap(
                        node -> node instanceof FileNode.Scalar scalar ? Optional.of(scalar.text()) : Optional.empty());
        if (!text.equals(Optional.of(only))) {
            values.problem(
                    new Position(source, 0, 0),
                    field,
                    text.map(other -> "\"" + other + "\" is not supported").orElse("missing") + "; give " + only);
        }
    }

    private static void requireValid(FieldValues values) {
        if (!values.problems().isEmpty()) {
            throw new DraException(String.join("; ", values.problems()));
        }
    }

    private static List<String> nodes(FieldValues values, FileNode.@Nullable Member member) {
        if (member == null) {
            return List.of(UDMABUF_NODE);
        }
        List<FileNode> items = member.value() instanceof FileNode.Items list ? list.items() : List.of(member.value());
        return items.stream()
                .flatMap(item -> values.word(item, MEMORY, List.of(UDMABUF, DMA_HEAP)).stream())
                .map(memory -> memory.equals(UDMABUF) ? UDMABUF_NODE : DMA_HEAP_NODE)
                .distinct()
                .toList();
    }

    /** Returns the device nodes for memory: /dev/udmabuf unless others are given. */
    List<String> nodes() {
        return nodes;
    }

    /** Returns the addresses that were given; empty for none. */
    List<String> addresses() {
        return template.addresses();
    }

    /** Returns the name of the guest's device that was given. */
    Optional<String> guest() {
        return template.guest();
    }

    /** Returns the fields of the lease, except those that come from the allocation, as a JSON object. */
    String json() {
        return json;
    }

    /** Returns whether a lease with these fields, as {@link #json()} gives them, has to be given an address. */
    static boolean needsAddress(String json) {
        return LeaseTemplate.needsAddress(members(new FieldValues(), "parameters", json));
    }

    /**
     * Returns the lease that fields describe.
     *
     * @param json as {@link #json()}
     * @param nic the name of the NIC
     * @param guest the name of the guest's device, in place of what the fields say; empty to leave that
     * @param addresses the addresses, in place of those of the fields; empty to leave them
     * @throws DraException if a field is invalid
     */
    static LeaseTemplate template(String json, String nic, int queues, Optional<String> guest, List<String> addresses) {
        FieldValues values = new FieldValues();
        Map<String, FileNode.Member> all = members(values, "parameters", json);
        all.put("nic", member("nic", new FileNode.Scalar(NOWHERE, nic, false)));
        all.put("queues", member("queues", new FileNode.Scalar(NOWHERE, Integer.toString(queues), true)));
        guest.ifPresent(name -> all.put("guest", member("guest", new FileNode.Scalar(NOWHERE, name, false))));
        if (!addresses.isEmpty()) {
            List<FileNode> items = new ArrayList<>();
            addresses.forEach(address -> items.add(new FileNode.Scalar(NOWHERE, address, false)));
            all.put("addresses", member("addresses", new FileNode.Items(NOWHERE, items)));
        }
        return LeaseTemplate.read(values, all, NOWHERE)
                .filter(_ -> values.problems().isEmpty())
                .orElseThrow(() -> new DraException(String.join("; ", values.problems())));
    }

    private static FileNode.Member member(String field, FileNode value) {
        return new FileNode.Member(NOWHERE, field, value);
    }
}
