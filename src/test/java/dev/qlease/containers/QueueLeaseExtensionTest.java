package dev.qlease.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.containers.example.SendsFromAContainer;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.EngineFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.testcontainers.containers.GenericContainer;

class QueueLeaseExtensionTest {
    @Test
    void aTestWithoutANicIsSkippedAndNotPassed() {
        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(DiscoverySelectors.selectClass(SendsFromAContainer.class))
                                .filters(EngineFilter.includeEngines("junit-jupiter"))
                                .build(),
                        summary);
        assertThat(summary.getSummary().getTestsSkippedCount()).isEqualTo(1);
        assertThat(summary.getSummary().getTestsSucceededCount()).isZero();
    }

    @Test
    void aContainerThatWasNotStartedHasNoNamespace() {
        assertThatThrownBy(() -> ContainerLeases.netns(new GenericContainer<>("localhost/qlease-guest:latest")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("was not started");
    }
}
