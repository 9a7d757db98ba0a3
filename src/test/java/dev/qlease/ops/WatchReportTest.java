package dev.qlease.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WatchReportTest {
    private final List<String> told = new ArrayList<>();
    private final WatchReport report = new WatchReport(event -> told.add(event.sentence()));

    @Test
    void aStateIsReportedOnceUntilItChangesOrEnds() {
        report.state(Watch.Kind.WAIT, "a", "waits");
        report.state(Watch.Kind.WAIT, "a", "waits");
        report.state(Watch.Kind.PROBLEM, "b", "failed");
        assertThat(report.count(Watch.Kind.WAIT)).isEqualTo(1);
        report.state(Watch.Kind.PROBLEM, "a", "failed");
        assertThat(report.count(Watch.Kind.WAIT)).isZero();
        report.end("a");
        report.state(Watch.Kind.PROBLEM, "a", "failed");
        report.endOthers(Set.of("a"));
        report.state(Watch.Kind.PROBLEM, "b", "failed");
        assertThat(told).containsExactly("waits", "failed", "failed", "failed", "failed");
    }

    @Test
    void whatHappensIsReportedEachTime() {
        report.happened(Watch.Kind.CHANGE, "", "+ lease a");
        report.happened(Watch.Kind.CHANGE, "", "+ lease a");
        assertThat(told).hasSize(2);
    }
}
