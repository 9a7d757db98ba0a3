package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.fixture.Commands;
import dev.qlease.fixture.Commands.Outcome;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A NIC whose driver has no RSS table: others' traffic may come to any of its queues. */
@Tag("vm")
class NoRssTableVmTest extends LeaseScene {
    private static final String QLEASE = "target/qlease/bin/qlease";

    @BeforeAll
    static void loadWithoutRss() {
        Nic.reload("--no-rss");
    }

    @AfterAll
    static void loadAsUsual() {
        Nic.reload("");
    }

    @Test
    void isRefused() {
        assertRefused(() -> leases().create(guest().spec().build()), "qnic0", "--shared-traffic");
        Outcome refused = Commands.outcome(
                QLEASE,
                "lease",
                "create",
                "--nic=qnic0",
                "--netns=" + guest().name(),
                "--address=198.18.0.2/24",
                "--dry-run");
        assertThat(refused.status()).as(refused.output()).isNotZero();
        assertThat(refused.output()).contains("qnic0", "--shared-traffic");
        assertThat(leases().list()).isEmpty();
        before().assertRestored();
    }

    @Test
    void isLeasedWhereSharedTrafficIsAccepted() {
        leases().create(guest().spec().sharedTraffic().build()).keep();
        assertThat(violations("ql0")).isEmpty();
        Commands.script("ethtool -N qnic0 flow-type tcp4 dst-port 8080 action 3 loc 9");
        assertThat(violations("ql0")).isNotEmpty();
        Commands.script("ethtool -N qnic0 delete 9");
        assertThat(violations("ql0")).isEmpty();
    }
}
