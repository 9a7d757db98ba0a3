package dev.qlease.node.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.node.status.NodeStatus.Condition;
import dev.qlease.node.status.NodeStatus.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The documentation of the driver's health and metrics is complete. */
class StatusPageTest {
    private static String page() throws IOException {
        return Files.readString(Path.of("src/docs/kubernetes.md"));
    }

    @Test
    void thePageListsAllMetrics() throws IOException {
        assertThat(page().lines().filter(line -> line.startsWith("| `qlease_")))
                .containsExactlyElementsOf(Stream.of(NodeMetric.values())
                        .map(metric -> "| `" + metric.series() + "` | "
                                + (metric.label().isEmpty() ? "" : "`" + metric.label() + "` ")
                                + "| " + metric.help() + " |")
                        .toList());
    }

    @Test
    void thePageListsAllConditionsAndStages() throws IOException {
        for (Condition condition : Condition.values()) {
            assertThat(page()).contains("\n| " + condition.missing() + " | ");
        }
        for (Stage stage : Stage.values()) {
            assertThat(page()).contains("`" + stage.text() + "`");
        }
    }
}
