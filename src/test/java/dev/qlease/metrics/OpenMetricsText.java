package dev.qlease.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A strict reader of the OpenMetrics text format 1.0: what it accepts is valid by the grammar of the specification, as
 * far as counters, gauges and infos go.
 */
public final class OpenMetricsText {
    private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
    private static final Pattern DESCRIPTOR = Pattern.compile("# (TYPE|UNIT|HELP) (" + NAME + ") (.*)");
    private static final Pattern SERIES = Pattern.compile("(" + NAME + ")(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL =
            Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\\n]|\\\\[n\"\\\\])*)\"(?:,|$)");
    private static final Map<String, String> SUFFIXES = Map.of("counter", "_total", "gauge", "", "info", "_info");

    private final Map<String, Map<Map<String, String>, Double>> series = new LinkedHashMap<>();
    private final Map<String, String> types = new HashMap<>();
    private final Set<String> ended = new HashSet<>();
    private String family = "";

    private OpenMetricsText() {}

    /** Reads {@code text}, and fails if it is not valid. */
    public static OpenMetricsText parse(String text) {
        assertThat(text).endsWith("# EOF\n");
        assertThat(text.chars().filter(c -> Character.isSurrogate((char) c)).count() % 2)
                .isZero();
        OpenMetricsText read = new OpenMetricsText();
        List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
        assertThat(lines.removeLast()).isEmpty();
        assertThat(lines.removeLast()).isEqualTo("# EOF");
        lines.forEach(read::line);
        return read;
    }

    private void line(String line) {
        Matcher descriptor = DESCRIPTOR.matcher(line);
        if (line.startsWith("#")) {
            assertThat(descriptor.matches()).as(line).isTrue();
            describe(descriptor.group(1), descriptor.group(2), descriptor.group(3));
            return;
        }
        Matcher sample = SERIES.matcher(line);
        assertThat(sample.matches()).as(line).isTrue();
        String name = sample.group(1);
        assertThat(name).as(line).isEqualTo(family + SUFFIXES.get(types.get(family)));
        Map<String, String> labels = labels(sample.group(2) == null ? "" : sample.group(2));
        double value = Double.parseDouble(sample.group(3));
        assertThat(value).as(line).isFinite();
        if (!types.get(family).equals("gauge")) {
            assertThat(value).as(line).isNotNegative();
        }
        Double other = series.computeIfAbsent(name, _ -> new LinkedHashMap<>()).put(labels, value);
        assertThat(other).as("a second series of %s", line).isNull();
    }

    /** The lines of a family come together, its descriptors first and each of them once. */
    private void describe(String what, String name, String text) {
        if (!name.equals(family)) {
            ended.add(family);
            assertThat(ended).doesNotContain(name);
            family = name;
            types.remove(name);
        }
        assertThat(series.keySet().stream().filter(s -> s.startsWith(name) && s.length() <= name.length() + 6))
                .as("series before the descriptors of %s", name)
                .doesNotContain(name, name + "_total", name + "_info");
        switch (what) {
            case "TYPE" -> {
                assertThat(SUFFIXES).containsKey(text);
                assertThat(types.put(name, text)).isNull();
            }
            case "UNIT" -> assertThat(name).endsWith("_" + text);
            default -> assertThat(text).matches("(?:[^\\\\]|\\\\[n\\\\])+");
        }
    }

    private static Map<String, String> labels(String text) {
        Map<String, String> labels = new TreeMap<>();
        Matcher label = LABEL.matcher(text);
        int at = 0;
        while (at < text.length()) {
            assertThat(label.find(at) && label.start() == at).as(text).isTrue();
            assertThat(labels.put(label.group(1), unescaped(label.group(2))))
                    .as(text)
                    .isNull();
            at = label.end();
        }
        assertThat(text).doesNotEndWith(",");
        return labels;
    }

    private static String unescaped(String value) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\\') {
                i++;
                c = value.charAt(i) == 'n' ? '\n' : value.charAt(i);
            }
            text.append(c);
        }
        return text.toString();
    }

    /** Returns the names of all series. */
    public Set<String> names() {
        return series.keySet();
    }

    /** Returns the series with this name, by their labels. */
    public Map<Map<String, String>, Double> series(String name) {
        return series.getOrDefault(name, Map.of());
    }

    /** Returns the value of the only series with this name. */
    public double value(String name) {
        assertThat(series(name)).as(name).hasSize(1);
        return series(name).values().iterator().next();
    }

    /** Returns the value of the series with this name and these labels. */
    public double value(String name, Map<String, String> labels) {
        assertThat(series(name)).as(name).containsKey(new TreeMap<>(labels));
        return series(name).get(new TreeMap<>(labels));
    }
}
