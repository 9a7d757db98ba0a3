package dev.qlease.cli.args;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The manual page qlease.yaml(5) in roff, generated from the JSON schema of the files that it describes. */
final class FilePage {
    static final String NAME = "qlease.yaml";

    private static final Path SCHEMA = Path.of("src/main/dist/share/qlease/qlease.schema.json");
    /** The commands whose pages refer to this one. */
    static final List<Command> READERS = List.of(Command.PLAN, Command.APPLY, Command.VERIFY, Command.EXPORT);

    static final String REFERENCE = " ,\n.BR " + NAME + " (5)";

    static final String EXAMPLE = """
            nics:
              eth0:
                rx-ring: 1024
            leases:
              web:
                nic: eth0
                netns: container
                addresses: [198.51.100.2/24, "2001:db8:2::2/64"]
                ports: [443]
              storage:
                nic: {pci-address: "0000:01:00.0"}
                container: {engine: podman, id: 4f0c2d6a9b1e}
                queues: 2
                addresses: ["2001:db8:3::2/64"]
            """;

    private final Map<String, Object> schema;

    private FilePage(Map<String, Object> schema) {
        this.schema = schema;
    }

    /** Returns the page. */
    static String page(String version) throws IOException {
        Object schema = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(SCHEMA));
        return new FilePage(map(schema)).text(version);
    }

    @SuppressWarnings("unchecked") // the keys of JSON objects are strings
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    private String text(String version) {
        Map<String, Object> all = properties(schema);
        return ".TH " + ManPages.escape("QLEASE.YAML") + " 5 \"\" \"" + ManPages.escape("qlease " + version)
                + "\" \"File Formats\"\n.SH NAME\n" + ManPages.escape(NAME)
                + " \\- leases, and settings of NICs, that qlease makes\n.SH DESCRIPTION\n"
                + paragraph("A file in YAML 1.2 or JSON, which is a map with the field leases, nics or both.")
                + paragraph("A file has at most 1 MiB, and no anchors, aliases, tags or further documents."
                        + " A lease or NIC is described in one file only.")
                + section("LEASES", map(all.get("leases")))
                + section("NICS", map(all.get("nics")))
                + ".SH EXAMPLE\n.EX\n" + EXAMPLE.lines().map(FilePage::line).collect(Collectors.joining()) + ".EE\n"
                + ".SH FILES\n"
                + item(
                        "/etc/qlease/*.yaml",
                        "The files that are read if a command names none; also" + " *.yml and *.json.")
                + item("/usr/share/qlease/qlease.schema.json", "The JSON schema of these files, for editors.")
                + ".SH SEE ALSO\n"
                + READERS.stream()
                        .map(command -> ".BR " + ManPages.escape(ManPages.name(command)) + " (1)")
                        .collect(Collectors.joining(" ,\n", "", "\n"));
    }

    private String section(String heading, Map<String, Object> section) {
        return ".SH " + heading + "\n" + paragraph((String) section.get("description"))
                + fields("", map(section.get("additionalProperties")));
    }

    /** Describes the fields of an object, and after each one those of its value. */
    private String fields(String prefix, Map<String, Object> object) {
        StringBuilder text = new StringBuilder();
        properties(object).forEach((name, value) -> {
            Map<String, Object> field = resolved(map(value));
            String required = list(object.get("required")).contains(name) ? " Required." : "";
            text.append(item(prefix + name, field.get("description") + values(field) + required));
            text.append(fields(prefix + name + ".", objectOf(field)));
        });
        return text.toString();
    }

    private static String values(Map<String, Object> field) {
        List<?> values = list(field.get("enum"));
        if (!values.isEmpty()) {
            return " One of: " + values.stream().map(String::valueOf).collect(Collectors.joining(", ")) + ".";
        }
        return field.get("items") instanceof Map<?, ?> ? " A list." : "";
    }

    /** Returns the definition that a value refers to, or the value itself. */
    private Map<String, Object> resolved(Map<String, Object> value) {
        return value.get("$ref") instanceof String reference
                ? map(map(schema.get("$defs")).get(reference.substring(reference.lastIndexOf('/') + 1)))
                : value;
    }

    /** Returns the kind of value with fields, if {@code value} has one. */
    private static Map<String, Object> objectOf(Map<String, Object> value) {
        return list(value.get("anyOf")).stream()
                .map(FilePage::map)
                .filter(kind -> kind.containsKey("properties"))
                .findFirst()
                .orElse(value);
    }

    private static Map<String, Object> properties(Map<String, Object> object) {
        return object.containsKey("properties") ? map(object.get("properties")) : Map.of();
    }

    private static List<?> list(Object value) {
        return value instanceof List<?> list ? list : List.of();
    }

    private static String paragraph(String text) {
        return ".PP\n" + line(text);
    }

    private static String item(String term, String description) {
        return ".TP\n\\fB" + ManPages.escape(term) + "\\fR\n" + line(description);
    }

    private static String line(String text) {
        return ManPages.escape(text) + "\n";
    }
}
