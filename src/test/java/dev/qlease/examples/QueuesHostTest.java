package dev.qlease.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The README's example of listing queues lists this machine's. */
@Tag("host")
class QueuesHostTest {
    @Test
    void theExampleListsQueues() throws Exception {
        String printed = Printed.by(() -> Queues.main(new String[0]));
        assertThat(printed.lines().toList().getLast()).matches("queues can be leased here: (true|false)");
        assertThat(printed.lines().filter(line -> !line.startsWith("  leased: ")))
                .allMatch(line -> line.matches("ifindex \\d+ .+-\\d+") || line.startsWith("queues can be leased"));
    }
}
