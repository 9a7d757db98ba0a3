package dev.qlease.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.node.NodeEvent.Kind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventLogTest {
    private final List<NodeEvent> reported = new ArrayList<>();
    private final List<NodeEvent> counted = new ArrayList<>();
    private long now = 5;
    private final EventLog log = new EventLog(reported::add, counted::add, () -> now);

    private void refuse(long namespace, int times) {
        for (int i = 0; i < times; i++) {
            log.report(NodeEvent.of(Kind.REFUSED, namespace, "no"));
        }
    }

    @Test
    void aNamespaceThatIsRefusedOverAndOverFillsNoLogAndHidesNoOthers() {
        refuse(7, 1000);
        refuse(8, 3);
        log.report(NodeEvent.of(Kind.BOUND, 7, "bound"));
        assertThat(reported).hasSize(EventLog.MOST + 4);
        assertThat(counted).hasSize(1004);
        now += EventLog.PERIOD_NANOS;
        reported.clear();
        log.tick();
        assertThat(reported).containsExactly(NodeEvent.of(Kind.SUPPRESSED, 7, "980 more requests were refused"));
        refuse(7, 1);
        assertThat(reported).hasSize(2);
    }

    @Test
    void aGuestWithManyNamespacesIsCountedAsOne() {
        for (long namespace = 1; namespace < 5000; namespace++) {
            refuse(namespace, 1);
        }
        assertThat(reported).hasSize(256 + EventLog.MOST);
    }
}
