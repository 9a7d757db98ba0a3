package dev.qlease.node.cdi;

import dev.qlease.node.cdi.CdiException.Reason;
import dev.qlease.ops.FieldValues;
import dev.qlease.ops.FileNode;
import dev.qlease.ops.InvalidFileException;
import dev.qlease.ops.JsonNodes;
import dev.qlease.ops.Position;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The state of a container, which runtimes pass to hooks; OCI runtime specification, "State". Only what each hook needs
 * is checked, so that a container's lease can be deleted whatever became of the rest. Immutable.
 */
final class OciState {
    private static final String SOURCE = "state of the container";

    /** As runc and crun have it; the length is bounded here, so that each id fits in an owner. */
    private static final String ID = "[a-zA-Z0-9_.+-]{1,512}";

    private final Map<String, FileNode.Member> fields;
    private final String id;
    private final String bundle;

    private OciState(Map<String, FileNode.Member> fields) {
        this.fields = fields;
        this.id = text("id");
        this.bundle = text("bundle");
        if (!id.matches(ID)) {
            throw invalid("id: \"" + id + "\" is not allowed; it must be 1 to 512 letters, digits, underscores, dots,"
                    + " plus signs and hyphens");
        }
    }

    /**
     * Reads a state.
     *
     * @param input remains owned by the caller
     * @throws CdiException if it cannot be read, or is no state
     */
    static OciState read(InputStream input) {
        try {
            return parse(input.readNBytes(JsonNodes.LARGEST + 1));
        } catch (IOException e) {
            throw new CdiException(
                    Reason.INVALID,
                    "standard input has no state of a container (" + e.getMessage()
                            + "); OCI runtimes run this command as a hook",
                    e);
        }
    }

    static OciState parse(byte[] bytes) {
        try {
            FileNode root = JsonNodes.parse(SOURCE, bytes);
            return new OciState(
                    read(values -> values.members(root, "it", "a JSON object")).orElseThrow());
        } catch (InvalidFileException e) {
            throw new CdiException(
                    Reason.INVALID, e.getMessage() + "; OCI runtimes run this command as a hook, with the state", e);
        }
    }

    private static CdiException invalid(String sentence) {
        return new CdiException(Reason.INVALID, SOURCE + ": " + sentence);
    }

    private static <T> T read(Function<FieldValues, T> reading) {
        FieldValues values = new FieldValues();
        T read = reading.apply(values);
        if (!values.problems().isEmpty()) {
            throw new CdiException(Reason.INVALID, String.join("; ", values.problems()));
        }
        return read;
    }

    private FileNode field(String field) {
        FileNode.Member member = fields.get(field);
        if (member == null) {
            throw invalid(field + ": missing");
        }
        return member.value();
    }

    private String text(String field) {
        FileNode node = field(field);
        return read(values -> values.text(node, field, "a string")).orElseThrow();
    }

    /** Returns the container's id, unique to its engine. */
    String id() {
        return id;
    }

    /** Returns the path of the container's bundle, which no container of another engine has. */
    String bundle() {
        return bundle;
    }

    /**
     * Returns the container's process.
     *
     * @throws CdiException if there is none
     */
    int pid() {
        FileNode node = field("pid");
        return read(values -> values.number(node, "pid", 1, Integer.MAX_VALUE)).orElseThrow();
    }

    /**
     * Returns the container's annotations whose names begin with {@code prefix}, without it, sorted.
     *
     * @throws CdiException if one of them is no string
     */
    Map<String, String> annotations(String prefix) {
        Map<String, String> found = new TreeMap<>();
        FileNode.Member member = fields.get("annotations");
        if (member == null || (member.value() instanceof FileNode.Scalar scalar && scalar.isNull())) {
            return found;
        }
        Map<String, FileNode.Member> all = read(values -> values.members(member.value(), "annotations", "an object"))
                .orElseThrow();
        all.forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                String text =
                        read(values -> annotation(values, name, value.value())).orElseThrow();
                found.put(name.substring(prefix.length()), text);
            }
        });
        return found;
    }

    private static Optional<String> annotation(FieldValues values, String name, FileNode value) {
        if (value instanceof FileNode.Scalar scalar && !scalar.plain()) {
            return Optional.of(scalar.text());
        }
        values.problem(new Position(SOURCE, 0, 0), "annotation " + name, value.kind() + " is not a string");
        return Optional.empty();
    }
}
