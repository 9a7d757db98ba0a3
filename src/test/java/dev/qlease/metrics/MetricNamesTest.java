package dev.qlease.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.prometheus.metrics.model.snapshots.PrometheusNaming;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The names of metrics, in the code, the documentation and the dashboard. */
class MetricNamesTest {
    private static final Path DASHBOARD = Path.of("src/deploy/grafana/qlease.json");
    private static final Path PAGE = Path.of("src/docs/operating.md");

    /** Labels that Prometheus adds to each target's series. */
    private static final Set<String> OF_TARGETS = Set.of("instance", "job");

    private static final Pattern SELECTOR = Pattern.compile("(qlease_\\w+)(?:\\{([^}]*)})?");
    private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(?:=~|!~|!=|=)");
    private static final Pattern GROUPING = Pattern.compile("\\b(?:by|without|on|ignoring)\\s*\\(([^)]*)\\)");
    private static final Pattern LEGEND = Pattern.compile("\\{\\{(\\w+)}}");
    private static final Pattern VARIABLE = Pattern.compile("label_values\\((\\w+), *(\\w+)\\)");

    private static final Map<String, Metric> METRICS = new HashMap<>();

    static {
        Stream.of(Metric.values()).forEach(metric -> METRICS.put(metric.series(), metric));
    }

    @Test
    void namesFollowTheConventionsOfPrometheus() {
        assertThat(METRICS).hasSameSizeAs(Metric.values());
        for (Metric metric : Metric.values()) {
            assertThat(metric.series()).matches("qlease_[a-z]+(_[a-z]+)*");
            assertThat(PrometheusNaming.isValidLegacyMetricName(metric.series()))
                    .isTrue();
            assertThat(metric.series().endsWith("_total")).isEqualTo(metric.type() == Metric.Type.COUNTER);
            assertThat(metric.series().endsWith("_info")).isEqualTo(metric.type() == Metric.Type.INFO);
            assertThat(metric.family()).doesNotMatch(".*_(total|info|count|sum|bucket|created)");
            assertThat(metric.unit()).isIn("", "bytes", "seconds");
            if (!metric.unit().isEmpty()) {
                assertThat(metric.family()).endsWith("_" + metric.unit());
            }
            assertThat(metric.help()).matches("[0-9A-Z].*\\.");
            assertThat(metric.labels()).doesNotHaveDuplicates().allMatch(PrometheusNaming::isValidLegacyLabelName);
        }
    }

    @Test
    void thePageListsThemAll() throws IOException {
        String page = Files.readString(PAGE);
        List<String> expected =
                Stream.of(Metric.values()).map(MetricNamesTest::line).toList();
        List<String> listed =
                page.lines().filter(line -> line.startsWith("| `qlease_")).toList();
        assertThat(listed).isEqualTo(expected);
    }

    private static String line(Metric metric) {
        String labels = String.join(
                ", ", metric.labels().stream().map(label -> "`" + label + "`").toList());
        return "| `" + metric.series() + "` | " + (labels.isEmpty() ? "" : labels + " ") + "| " + metric.help() + " |";
    }

    @Test
    void theDashboardUsesOnlyMetricsAndLabelsThatExist() throws IOException {
        List<Query> queries = queries();
        assertThat(queries).hasSizeGreaterThan(10);
        for (Query query : queries) {
            Set<String> labels = new HashSet<>(OF_TARGETS);
            Matcher selector = SELECTOR.matcher(query.expression());
            while (selector.find()) {
                assertThat(METRICS).as(query.expression()).containsKey(selector.group(1));
                Set<String> here = new HashSet<>(METRICS.get(selector.group(1)).labels());
                labels.addAll(here);
                here.addAll(OF_TARGETS);
                if (selector.group(2) != null) {
                    assertThat(here).as(query.expression()).containsAll(found(MATCHER, selector.group(2)));
                }
            }
            assertThat(labels).as("no metric in %s", query.expression()).hasSizeGreaterThanOrEqualTo(OF_TARGETS.size());
            Matcher grouping = GROUPING.matcher(query.expression());
            Set<String> grouped = new HashSet<>();
            while (grouping.find()) {
                grouped.addAll(List.of(grouping.group(1).trim().split("\\s*,\\s*")));
            }
            assertThat(labels).as(query.expression()).containsAll(grouped);
            // A sum has no labels but those that it is grouped by.
            Set<String> left = query.expression().startsWith("sum") ? grouped : labels;
            assertThat(left).as(query.legend()).containsAll(found(LEGEND, query.legend()));
        }
    }

    @Test
    void theDashboardsVariablesAreOfMetricsThatExist() throws IOException {
        Matcher variable = VARIABLE.matcher(Files.readString(DASHBOARD));
        assertThat(variable.find()).isTrue();
        do {
            assertThat(METRICS).containsKey(variable.group(1));
            Set<String> labels = new HashSet<>(METRICS.get(variable.group(1)).labels());
            labels.addAll(OF_TARGETS);
            assertThat(labels).contains(variable.group(2));
        } while (variable.find());
    }

    @Test
    void countersAreShownAsRatesAndNothingElseIs() throws IOException {
        for (Query query : queries()) {
            Matcher selector = SELECTOR.matcher(query.expression());
            while (selector.find()) {
                boolean rated =
                        query.expression().substring(0, selector.start()).endsWith("rate(");
                assertThat(rated)
                        .as(query.expression())
                        .isEqualTo(METRICS.get(selector.group(1)).type() == Metric.Type.COUNTER);
            }
        }
    }

    private static Set<String> found(Pattern pattern, String text) {
        Set<String> found = new HashSet<>();
        pattern.matcher(text).results().forEach(result -> found.add(result.group(1)));
        return found;
    }

    private record Query(String expression, String legend) {}

    /** Returns the queries of the dashboard: an expression, and the legend that follows it. */
    private static List<Query> queries() throws IOException {
        List<Query> queries = new ArrayList<>();
        String expression = "";
        try (JsonParser json = new JsonFactory().createParser(DASHBOARD.toFile())) {
            while (json.nextToken() != null) {
                if (json.currentToken() == JsonToken.VALUE_STRING && "expr".equals(json.currentName())) {
                    expression = json.getText();
                } else if (json.currentToken() == JsonToken.VALUE_STRING && "legendFormat".equals(json.currentName())) {
                    queries.add(new Query(expression, json.getText()));
                }
            }
        }
        return queries;
    }
}
