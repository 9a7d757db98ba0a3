package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.fixture.Commands;
import dev.qlease.fixture.Commands.Outcome;
import dev.qlease.lease.LeaseInfo.Status;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No traffic of others reaches a leased queue: when it is leased, and as long as the lease lives. */
@Tag("vm")
class ForeignTrafficVmTest extends LeaseScene {
    private static final String QLEASE = "target/qlease/bin/qlease";
    private static final String DELETE_RULE = "ethtool -N qnic0 delete 9";
    private static final String DELETE_CONTEXT = "ethtool -X qnic0 context 1 delete";

    @ParameterizedTest
    @CsvSource({
        "ethtool -N qnic0 flow-type tcp4 dst-port 8080 action 3 loc 9, " + DELETE_RULE,
        "ethtool -N qnic0 flow-type udp4 src-ip 203.0.113.7 action 3 loc 9, " + DELETE_RULE,
        "ethtool -N qnic0 flow-type tcp6 dst-ip 2001:db8:1::1 action 3 loc 9, " + DELETE_RULE,
        "ethtool -N qnic0 flow-type udp6 dst-port 53 action 3 loc 9, " + DELETE_RULE,
        "ethtool -X qnic0 context new start 3 equal 1, " + DELETE_CONTEXT,
        "ethtool -X qnic0 context new weight 0 1 0 1, " + DELETE_CONTEXT,
        "ethtool -X qnic0 context new start 2 equal 1; ethtool -N qnic0 flow-type tcp4 dst-port 1 context 1 action 1 "
                + "loc 9, " + DELETE_RULE + "; " + DELETE_CONTEXT,
    })
    void aQueueThatOthersTrafficIsSentToIsNotTaken(String admins, String undo) {
        Commands.script(admins);
        try {
            assertRefused(() -> leases().plan(guest().spec().queues(List.of(3)).build()), "queue 3 of qnic0");
            LeaseSpec spec = guest().spec().build();
            assertThat(leases().plan(spec).queues()).hasSize(1).doesNotContain(3);
            try (Lease lease = leases().create(spec)) {
                assertThat(lease.queues()).extracting(LeasedQueue::nic).doesNotContain(3);
                assertThat(violations("ql0")).isEmpty();
            }
            LeaseSpec many = guest().spec().count(3).build();
            assertThat(leases().plan(many).queues()).hasSize(3).doesNotContain(3);
        } finally {
            Commands.script(undo);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ethtool -N qnic0 flow-type tcp4 dst-port 8080 action 3 loc 9, " + DELETE_RULE,
        "ethtool -N qnic0 flow-type udp6 dst-port 53 action 3 loc 9, " + DELETE_RULE,
        "ethtool -N qnic0 flow-type tcp4 dst-ip 198.18.0.9 action 3 loc 9, " + DELETE_RULE,
        "ethtool -X qnic0 context new start 3 equal 1, " + DELETE_CONTEXT,
        "ethtool -X qnic0 context new equal 4, " + DELETE_CONTEXT,
        "ethtool -X qnic0 equal 4, ethtool -X qnic0 equal 3",
        "ethtool -X qnic0 weight 1 0 0 1, ethtool -X qnic0 equal 3",
        "ethtool -X qnic0 default, ethtool -X qnic0 equal 3",
    })
    void aChangeThatSendsOthersTrafficToALeasedQueueIsAViolation(String admins, String undo) {
        try (Lease lease = leases().create(guest().spec().queues(List.of(3)).build())) {
            assertThat(lease.queues()).hasSize(1);
            assertThat(violations("ql0")).isEmpty();
            Commands.script(admins);
            try {
                assertThat(violations("ql0")).anyMatch(sentence -> sentence.contains("queue 3"));
                assertThat(leases().find("ql0").orElseThrow().status()).isNotEqualTo(Status.READY);
                assertThat(leases().list()).extracting(LeaseInfo::status).doesNotContain(Status.READY);
            } finally {
                Commands.script(undo);
            }
            assertThat(violations("ql0")).isEmpty();
            assertThat(leases().find("ql0").orElseThrow().status()).isEqualTo(Status.READY);
        }
    }

    @Test
    void theCommandSaysWhatIsViolatedAndHowToEndThat() {
        leases().create(guest().spec().queues(List.of(3)).build()).keep();
        Outcome before = Commands.outcome(QLEASE, "lease", "verify", "ql0");
        assertThat(before).extracting(Outcome::status).as(before.output()).isEqualTo(0);
        Commands.script("ethtool -N qnic0 flow-type tcp4 dst-port 8080 action 3 loc 9");
        try {
            Outcome verified = Commands.outcome(QLEASE, "lease", "verify", "ql0");
            assertThat(verified)
                    .extracting(Outcome::status)
                    .as(verified.output())
                    .isNotEqualTo(0);
            assertThat(verified.output()).contains("queue 3", DELETE_RULE);
            assertThat(Commands.run(QLEASE, "lease", "list")).contains("violated");
            assertThat(Commands.run(QLEASE, "lease", "list", "--json")).contains("violated", DELETE_RULE);
        } finally {
            Commands.script(DELETE_RULE);
        }
    }

    @Test
    void aRuleToTheContextOfALeaseIsAViolation() {
        try (Lease lease = leases().create(guest().spec().count(2).build())) {
            assertThat(lease.queues()).hasSize(2);
            Commands.script("ethtool -N qnic0 flow-type tcp4 dst-port 77 context 1 loc 60");
            try {
                assertThat(violations("ql0")).isNotEmpty();
            } finally {
                Commands.script("ethtool -N qnic0 delete 60");
            }
            assertThat(violations("ql0")).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"delete, ethtool -N qnic0 delete LOCATION", "feature, ethtool -K qnic0 ntuple off"})
    void aLeaseWhoseOwnTrafficNoLongerReachesItsQueueSaysSo(String what, String change) {
        try (Lease lease = leases().create(guest().spec().build())) {
            assertThat(lease.queues()).hasSize(1);
            String location = Commands.script("ethtool -n qnic0 | awk '/^Filter/ { print $2; exit }'")
                    .strip();
            Commands.script(change.replace("LOCATION", location));
            assertThat(violations("ql0")).as(what).isNotEmpty();
            if (what.equals("feature")) {
                Commands.script("ethtool -K qnic0 ntuple on");
            }
        }
    }

    @Test
    void theRulesOfOtherLeasesAreNoViolation() {
        try (Guest second = Guest.create();
                Lease first = leases().create(guest().spec().count(2).build());
                Lease other = leases().create(LeaseSpec.of("qnic0", second.netns())
                        .address(dev.qlease.rtnetlink.IpPrefix.parse("198.18.0.3/24"))
                        .count(2)
                        .build())) {
            assertThat(first.queues()).hasSize(2);
            assertThat(other.queues()).hasSize(2);
            assertThat(violations("ql0")).isEmpty();
            assertThat(violations("ql1")).isEmpty();
        }
    }
}
