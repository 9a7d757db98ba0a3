package dev.qlease.node.cni;

import dev.qlease.node.cni.CniResult.Dns;
import dev.qlease.ops.FieldValues;
import dev.qlease.ops.FileNode;
import dev.qlease.ops.InvalidFileException;
import dev.qlease.ops.JsonNodes;
import dev.qlease.ops.LeaseTemplate;
import dev.qlease.ops.Position;
import dev.qlease.rtnetlink.IpPrefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The configuration of a network, as an engine passes it to the plugin. Only what each operation needs is read, so that
 * a container can be deleted whatever became of the rest. Immutable.
 */
final class NetworkConfig {
    /** The fields of the protocol, and those that this plugin has besides the fields of a lease. */
    static final List<String> PROTOCOL_FIELDS = List.of(
            "cniVersion",
            "cniVersions",
            "name",
            "type",
            "disableCheck",
            "disableGC",
            "loadOnlyInlinedPlugins",
            "capabilities",
            "runtimeConfig",
            "args",
            "prevResult",
            "ipam",
            "ipMasq",
            "dns",
            "lock-timeout");

    /**
     * How long to wait while other processes create or delete leases, unless the configuration says. Engines start many
     * pods at once; kubelet waits 4 minutes for a pod's sandbox.
     */
    static final Duration LOCK_TIMEOUT = Duration.ofMinutes(2);

    private static final int LONGEST_LOCK_TIMEOUT = 3600;

    private static final String SOURCE = "network configuration";
    private static final String RESERVED = "cni.dev/";

    /** The name in the specification, and the one that its first edition had. */
    private static final List<String> VALID_ATTACHMENTS = List.of("cni.dev/valid-attachments", "cni.dev/attachments");

    private static final String OLDEST_VERSION = "0.1.0";
    private static final String FILE_NAME = "[^/\\x00]+";

    private final byte[] bytes;
    private final Map<String, FileNode.Member> fields;
    private final CniVersion version;
    private final String name;

    private NetworkConfig(byte[] bytes, Map<String, FileNode.Member> fields, Operation operation) {
        this.bytes = bytes;
        this.fields = fields;
        this.version = version(operation);
        this.name = name();
    }

    /**
     * Reads a configuration, as far as all operations need it.
     *
     * @throws CniException if it is no JSON object, has an unsupported version or an invalid name
     */
    static NetworkConfig parse(byte[] bytes, Operation operation) {
        return new NetworkConfig(bytes, fields(bytes), operation);
    }

    /** Returns the version in a configuration of whatever version; empty if there is none. */
    static Optional<String> versionOf(byte[] bytes) {
        try {
            return Optional.ofNullable(fields(bytes).get("cniVersion"))
                    .map(FileNode.Member::value)
                    .flatMap(node -> node instanceof FileNode.Scalar scalar && !scalar.plain()
                            ? Optional.of(scalar.text())
                            : Optional.empty());
        } catch (CniException e) {
            return Optional.empty();
        }
    }

    private static Map<String, FileNode.Member> fields(byte[] bytes) {
        FileNode root;
        try {
            root = JsonNodes.parse(SOURCE, bytes);
        } catch (InvalidFileException e) {
            throw new CniException(CniCode.DECODING, String.valueOf(e.getMessage()), e);
        }
        if (!(root instanceof FileNode.Members)) {
            throw new CniException(CniCode.DECODING, SOURCE + ": it is " + root.kind() + ", not a JSON object");
        }
        return read(CniCode.DECODING, values -> values.members(root, SOURCE, "an object"))
                .orElse(Map.of());
    }

    /** Runs {@code reading}; reports everything that is wrong at once. */
    private static <T> T read(CniCode code, Function<FieldValues, T> reading) {
        FieldValues values = new FieldValues();
        T read = reading.apply(values);
        if (!values.problems().isEmpty()) {
            throw new CniException(code, values.problems());
        }
        return read;
    }

    private static <T> T read(Function<FieldValues, T> reading) {
        return read(CniCode.CONFIGURATION, reading);
    }

    private Optional<FileNode> field(String field) {
        return Optional.ofNullable(fields.get(field))
                .map(FileNode.Member::value)
                .filter(value -> !(value instanceof FileNode.Scalar scalar && scalar.isNull()));
    }

    private Optional<String> text(String field) {
        return field(field).flatMap(node -> read(values -> values.text(node, field, "a string")));
    }

    private CniVersion version(Operation operation) {
        String text = text("cniVersion").orElse(OLDEST_VERSION);
        CniVersion found = CniVersion.find(text)
                .orElseThrow(() -> new CniException(
                        CniCode.INCOMPATIBLE_VERSION,
                        "CNI version \"" + text + "\" is not supported; give one of "
                                + String.join(", ", CniVersion.texts())));
        if (!found.isAtLeast(operation.since())) {
            throw new CniException(
                    CniCode.INCOMPATIBLE_VERSION,
                    "CNI version " + text + " has no " + operation + ", which "
                            + operation.since().text() + " introduced");
        }
        return found;
    }

    private String name() {
        String text = text("name").orElse("");
        if (!text.matches(Attachment.NAME)) {
            throw new CniException(
                    CniCode.CONFIGURATION,
                    SOURCE + ": name: " + (text.isEmpty() ? "missing" : "\"" + text + "\" is not allowed") + "; give "
                            + Attachment.NAME_ALLOWED);
        }
        return text;
    }

    CniVersion version() {
        return version;
    }

    String network() {
        return name;
    }

    /** Returns the text of the configuration, to be passed to a delegated plugin. */
    byte[] bytes() {
        return bytes.clone();
    }

    /**
     * Returns the type of the IPAM plugin; empty if the configuration has none.
     *
     * @throws CniException if it is no file name
     */
    Optional<String> ipam() {
        Optional<FileNode> node = field("ipam");
        if (node.isEmpty()) {
            return Optional.empty();
        }
        return read(values -> values.members(node.get(), "ipam", "an object with the field type")
                .map(map -> map.get("type"))
                .flatMap(type -> values.text(type.value(), "ipam.type", "the file name of a plugin")
                        .filter(text -> isFileName(values, type, text))));
    }

    private static boolean isFileName(FieldValues values, FileNode.Member type, String text) {
        if (text.matches(FILE_NAME) && !text.equals(".") && !text.equals("..")) {
            return true;
        }
        values.problem(type.position(), "ipam.type", "\"" + text + "\" is not allowed; give a file name");
        return false;
    }

    /**
     * Returns the lease that the configuration describes, with the addresses that the engine requests in place of the
     * configuration's own.
     *
     * @throws CniException if a field is unknown, not supported or invalid
     */
    LeaseTemplate lease() {
        requireSupported();
        LeaseTemplate template = read(values -> LeaseTemplate.read(values, fields, new Position(SOURCE, 0, 0)))
                .orElseThrow();
        boolean delegated = ipam().isPresent();
        if (delegated && !template.addresses().isEmpty()) {
            throw new CniException(
                    CniCode.CONFIGURATION, SOURCE + ": ipam and addresses exclude each other; give one of them");
        }
        if (field("prevResult").isEmpty() && template.guest().isPresent()) {
            throw new CniException(
                    CniCode.CONFIGURATION,
                    SOURCE + ": guest: the engine names the device; give a name only if this plugin is not the first"
                            + " one of the network");
        }
        List<String> requested = delegated ? List.of() : requestedAddresses();
        return requested.isEmpty() ? template : template.with(requested, template.routes());
    }

    private void requireSupported() {
        Set<String> known = new HashSet<>(PROTOCOL_FIELDS);
        known.addAll(LeaseTemplate.FIELDS);
        fields.values().stream()
                .filter(member -> !known.contains(member.key()) && !member.key().startsWith(RESERVED))
                .findFirst()
                .ifPresent(member -> {
                    throw unsupported(
                            member.key(),
                            member.value(),
                            String.join(", ", LeaseTemplate.FIELDS) + ", ipam, dns, lock-timeout");
                });
        field("ipMasq")
                .filter(node -> read(values -> values.flag(node, "ipMasq")))
                .ifPresent(node -> {
                    throw unsupported("ipMasq", node, "no ipMasq: the guest's peers need a route to its addresses");
                });
        capabilities().forEach((name, member) -> {
            if (!name.equals("ips") && !(name.equals("ipRanges") && ipam().isPresent())) {
                throw unsupported("runtimeConfig." + name, member.value(), "the capability ips only");
            }
        });
    }

    private static CniException unsupported(String field, FileNode value, String allowed) {
        return new CniException(
                CniCode.UNSUPPORTED_FIELD,
                SOURCE + ": " + field + ": " + value.kind() + " is not supported; give " + allowed);
    }

    private Map<String, FileNode.Member> capabilities() {
        return field("runtimeConfig")
                .flatMap(node -> read(values -> values.members(node, "runtimeConfig", "an object")))
                .orElse(Map.of());
    }

    private List<String> requestedAddresses() {
        FileNode.Member ips = capabilities().get("ips");
        return ips == null
                ? List.of()
                : read(values -> values.parsed(
                        ips.value(),
                        "runtimeConfig.ips",
                        "addresses with prefix lengths",
                        text -> IpPrefix.parse(text).toString()));
    }

    /**
     * Returns how long to wait while other processes create or delete leases.
     *
     * @throws CniException if the field is no whole number of seconds, or out of range
     */
    Duration lockTimeout() {
        return field("lock-timeout")
                .map(node -> read(values -> values.number(node, "lock-timeout", 1, LONGEST_LOCK_TIMEOUT)))
                .map(seconds -> Duration.ofSeconds(seconds.orElseThrow()))
                .orElse(LOCK_TIMEOUT);
    }

    /** Returns the DNS configuration; empty if there is none. */
    Dns dns() {
        return field("dns")
                .map(node -> read(values -> new ResultReader(values, SOURCE).dns(node, "dns")))
                .orElse(Dns.EMPTY);
    }

    /** Returns the result of the previous plugin, or of the whole ADD; empty if there is none. */
    Optional<CniResult> previous() {
        return field("prevResult")
                .map(node -> read(values -> new ResultReader(values, SOURCE).read(node, "prevResult")));
    }

    /**
     * Returns the attachments of the network that still exist, for GC.
     *
     * @throws CniException if they are missing: then nothing is known to be stale
     */
    Set<Attachment> validAttachments() {
        String key = VALID_ATTACHMENTS.stream()
                .filter(fields::containsKey)
                .findFirst()
                .orElseThrow(() -> new CniException(
                        CniCode.CONFIGURATION,
                        SOURCE + ": " + VALID_ATTACHMENTS.getFirst() + ": missing; give a list"));
        Optional<FileNode> node = field(key);
        Set<Attachment> valid = new HashSet<>();
        if (node.isPresent()) {
            read(values -> {
                List<FileNode> items = new ArrayList<>();
                if (node.get() instanceof FileNode.Items list) {
                    items.addAll(list.items());
                } else {
                    values.problem(new Position(SOURCE, 0, 0), key, node.get().kind() + " is not allowed; give a list");
                }
                items.forEach(item -> attachment(values, item, key).ifPresent(valid::add));
                return valid;
            });
        }
        return valid;
    }

    private Optional<Attachment> attachment(FieldValues values, FileNode item, String key) {
        Map<String, FileNode.Member> map =
                values.members(item, key, "objects with containerID and ifname").orElse(Map.of());
        Optional<String> id = member(values, map, key, "containerID");
        Optional<String> ifname = member(values, map, key, "ifname");
        return id.flatMap(container -> ifname.map(device -> new Attachment(name, container, device)));
    }

    private static Optional<String> member(
            FieldValues values, Map<String, FileNode.Member> map, String key, String field) {
        FileNode.Member member = map.get(field);
        if (member == null) {
            values.problem(new Position(SOURCE, 0, 0), key + "." + field, "missing; give a string");
            return Optional.empty();
        }
        return values.text(member.value(), key + "." + field, "a string");
    }
}
