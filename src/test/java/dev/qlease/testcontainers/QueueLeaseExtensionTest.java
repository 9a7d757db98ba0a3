package dev.qlease.testcontainers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.examples.SendsFromAContainer;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.EngineFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;
import org.testcontainers.containers.GenericContainer;

class QueueLeaseExtensionTest {
    /** Runs the example in java.md, as its reader would. */
    static TestExecutionSummary runExample() {
        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(DiscoverySelectors.selectClass(SendsFromAContainer.class))
                                .filters(EngineFilter.includeEngines("junit-jupiter"))
                                .build(),
                        summary);
        return summary.getSummary();
    }

    @Test
    void aTestWithoutANicIsSkippedAndNotPassed() {
        TestExecutionSummary summary = runExample();
        assertThat(summary.getTestsSkippedCount()).isEqualTo(1);
        assertThat(summary.getTestsSucceededCount()).isZero();
    }

    @Test
    void aContainerThatWasNotStartedHasNoNamespace() {
        assertThatThrownBy(() -> ContainerLeases.netns(new GenericContainer<>("localhost/qlease-guest:latest")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("has not been started");
    }
}
