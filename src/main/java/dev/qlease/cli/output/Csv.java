package dev.qlease.cli.output;

import dev.qlease.json.Component;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Formats records as comma-separated values, RFC 4180: lines end with CR and LF; a field with a comma, a quote or a
 * line break is quoted; an empty Optional is an empty field. Text is printed as {@linkplain Printable#data data}.
 */
final class Csv {
    private Csv() {}

    /** Returns the records after a header with the names of their JSON members; empty if there are none. */
    static String format(List<? extends Record> values) {
        StringBuilder lines = new StringBuilder();
        for (Record value : values) {
            List<Component> components = Component.of(value.getClass());
            if (lines.isEmpty()) {
                append(lines, components.stream().map(Component::name));
            }
            append(lines, components.stream().map(component -> component.of(value)));
        }
        return lines.toString();
    }

    private static void append(StringBuilder lines, Stream<?> fields) {
        lines.append(fields.map(Csv::field).collect(Collectors.joining(","))).append("\r\n");
    }

    private static String field(Object value) {
        String text = switch (value) {
            case Optional<?> optional -> optional.map(Csv::field).orElse("");
            case Double number -> BigDecimal.valueOf(number).toPlainString();
            default -> Printable.data(value.toString());
        };
        boolean plain = text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
    }
}
