package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.fixture.Commands;
import dev.qlease.fixture.MachineState;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an administrator changes while there is a lease stays as he changed it. */
@Tag("vm")
class AdminsChangesVmTest extends LeaseScene {
    /** Each change, made while there is a lease, leaves what it leaves when there is none. */
    @ParameterizedTest
    @CsvSource({
        "ethtool -G qnic0 rx 256, ethtool -G qnic0 rx 512",
        "ethtool -X qnic0 weight 3 1, ethtool -X qnic0 default",
        "ethtool -X qnic0 equal 2, ethtool -X qnic0 default",
        "ethtool -N qnic0 flow-type tcp4 dst-port 22 action 0 loc 9, ethtool -N qnic0 delete 9",
        "ethtool -N qnic0 flow-type tcp4 dst-ip 198.18.0.2 dst-port 22 action 0 loc 9, ethtool -N qnic0 delete 9",
        "ethtool -X qnic0 context new equal 2, ethtool -X qnic0 context 1 delete",
        "ethtool -L qnic0 combined 6, ethtool -L qnic0 combined 4",
        "echo 1 >/proc/sys/net/ipv4/conf/qnic0/forwarding, echo 0 >/proc/sys/net/ipv4/conf/qnic0/forwarding",
        "ip link set qnic0 mtu 1400, ip link set qnic0 mtu 1500",
        "ip address add 192.0.2.9/24 dev qnic0, ip address delete 192.0.2.9/24 dev qnic0",
        "ip route add 203.0.113.0/24 dev qnic0, ip route delete 203.0.113.0/24 dev qnic0",
    })
    void aChangeStays(String change, String undo) {
        Commands.script(change);
        MachineState wanted = MachineState.read();
        Commands.script(undo);
        before().assertRestored();
        try {
            leases().create(guest().spec().rxRing(128).build()).keep();
            Commands.script(change);
            leases().delete("ql0");
            wanted.assertRestored();
        } finally {
            Commands.script(undo);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dst-port 77 action 1", "dst-port 77 action 3", "dst-ip 198.18.0.2 dst-port 77 action 0"})
    void aRuleInThePlaceOfALeasesRuleStays(String rule) {
        leases().create(LeaseSpec.of("qnic0", guest().netns())
                        .address(Guest.ADDRESS4)
                        .count(2)
                        .build())
                .keep();
        String location = Commands.script("ethtool -n qnic0 | awk '/^Filter/ { print $2; exit }'")
                .strip();
        Commands.script("ethtool -N qnic0 delete %1$s; ethtool -N qnic0 flow-type tcp4 %2$s loc %1$s"
                .formatted(location, rule));
        try {
            leases().delete("ql0");
            assertThat(Commands.run("ethtool", "-n", "qnic0")).contains("Dest port: 77");
        } finally {
            Commands.script("ethtool -N qnic0 delete " + location);
        }
        before().assertRestored();
    }

    @Test
    void channelsThatADeadProcessWasAboutToSetStayOnceItsLeaseIsDeleted() {
        leases().create(guest().spec().build()).keep();
        LeaseSpec dying = LeaseSpec.of("qnic0", guest().netns())
                .redirect(Redirect.NONE)
                .queues(List.of(4))
                .guest("nk1")
                .host("dying")
                .build();
        // After it has recorded the lease and the number of channels, and before it sets that number.
        try (Leases dead = CrashingStore.leases(2)) {
            assertThatThrownBy(() -> dead.create(dying)).isInstanceOf(CrashingStore.Crash.class);
        }
        leases().delete("dying");
        assertThat(Commands.run("ethtool", "-l", "qnic0")).containsPattern("Current[^$]*Combined:\\s+4");
        Commands.script("ethtool -L qnic0 combined 5");
        try {
            leases().delete("ql0");
            assertThat(Commands.run("ethtool", "-l", "qnic0")).containsPattern("Current[^$]*Combined:\\s+5");
        } finally {
            Commands.script("ethtool -L qnic0 combined 4");
        }
        before().assertRestored();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void aContextOverTheSameQueuesStays(int count) {
        leases().create(guest().spec().count(count).build()).keep();
        String table = Commands.script("ethtool -x qnic0 context 1 | grep -E '^ +[0-9]+:'");
        int start = table.contains("2") && count == 2 ? 2 : 1;
        Commands.script("ethtool -X qnic0 context new start %d equal %d".formatted(start, count));
        try {
            leases().delete("ql0");
            assertThat(Commands.script("ethtool -x qnic0 context 2 | grep -E '^ +[0-9]+:'"))
                    .isEqualTo(table);
        } finally {
            Commands.script("ethtool -X qnic0 context 2 delete");
        }
        before().assertRestored();
    }

    @ParameterizedTest
    @CsvSource({
        "ethtool -K qnic0 ntuple off, ethtool -K qnic0 ntuple on",
        "ethtool -X qnic0 context 1 delete, true",
    })
    void whatAnAdministratorTookAwayIsNotMissed(String change, String undo) {
        leases().create(guest().spec().count(2).build()).keep();
        Commands.script("for r in $(ethtool -n qnic0 | awk '/^Filter/ { print $2 }'); do ethtool -N qnic0 delete $r; "
                + "done; " + change);
        leases().delete("ql0");
        Commands.script(undo);
        before().assertRestored();
    }
}
