package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.fixture.Commands;
import dev.qlease.fixture.MachineState;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A plan is carried out as it was shown, or refused before anything is changed. */
@Tag("vm")
class StalePlanVmTest extends LeaseScene {
    @ParameterizedTest
    @CsvSource({
        "ethtool -N qnic0 flow-type tcp4 dst-port 8080 action 3 loc 9, ethtool -N qnic0 delete 9",
        "ethtool -N qnic0 flow-type tcp4 dst-ip 198.18.0.2 action 1 loc 9, ethtool -N qnic0 delete 9",
        "ethtool -X qnic0 context new equal 4, ethtool -X qnic0 context 1 delete",
        "ethtool -X qnic0 weight 3 1, ethtool -X qnic0 default",
        "ethtool -L qnic0 combined 6, ethtool -L qnic0 combined 4",
        "ethtool -G qnic0 tcp-data-split on, ethtool -G qnic0 tcp-data-split auto",
        "ip link add ql0 type dummy, ip link del ql0",
        "ip -n GUEST link add nk0 type dummy, ip -n GUEST link del nk0",
        "ip link add adv type dummy; ip address add 198.18.0.2/32 dev adv, ip link del adv",
        "ip link set qnic0 name lan0, ip link set lan0 name qnic0",
    })
    void aPlanThatNoLongerHoldsIsRefused(String change, String undo) {
        LeasePlan plan = leases().plan(guest().spec().queues(List.of(3)).build());
        Commands.script(change.replace("GUEST", guest().name()));
        try {
            MachineState changed = MachineState.read();
            assertRefused(plan::apply);
            assertThat(changed.changesTo(MachineState.read())).isEmpty();
            assertThat(leases().list()).isEmpty();
        } finally {
            Commands.script(undo.replace("GUEST", guest().name()));
        }
    }

    @Test
    void aPlanMadeBeforeAnotherLeaseIsRefused() {
        LeasePlan plan =
                leases().plan(guest().spec().queues(List.of(2)).host("qlp").build());
        try (Guest other = Guest.create();
                Lease lease = leases().create(LeaseSpec.of("qnic0", other.netns())
                        .address(IpPrefix.parse("198.18.0.3/24"))
                        .queues(List.of(3))
                        .build())) {
            assertThat(lease.queues()).hasSize(1);
            MachineState changed = MachineState.read();
            assertRefused(plan::apply);
            assertThat(changed.changesTo(MachineState.read())).isEmpty();
            assertThat(violations("ql0")).isEmpty();
        }
    }

    @Test
    void aPlanForANamespaceThatWasMadeAnewIsRefused() {
        Commands.run("ip", "netns", "add", "qlease-anew");
        LeasePlan plan;
        try (NetworkNamespace netns = NetworkNamespace.named("qlease-anew")) {
            plan = leases().plan(
                            LeaseSpec.of("qnic0", netns).address(Guest.ADDRESS4).build());
        }
        Commands.script("ip netns delete qlease-anew; ip netns add qlease-anew");
        try {
            assertThatThrownBy(plan::apply).isInstanceOf(RuntimeException.class);
            assertThat(Commands.run("ip", "-n", "qlease-anew", "-oneline", "link")
                            .lines())
                    .hasSize(1);
        } finally {
            Commands.run("ip", "netns", "delete", "qlease-anew");
        }
    }

    @Test
    void aPlanIsCarriedOutOnlyOnce() {
        LeasePlan plan = leases().plan(guest().spec().build());
        try (Lease lease = plan.apply()) {
            assertThat(lease.info().name()).isEqualTo(plan.name());
            assertThat(lease.queues()).extracting(LeasedQueue::nic).isEqualTo(plan.queues());
            assertRefused(plan::apply);
            assertThat(leases().list()).hasSize(1);
        }
    }

    @Test
    void whatAPlanDoesNotTouchMayChange() {
        LeasePlan plan = leases().plan(guest().spec().build());
        Commands.script("ip link add adv type dummy; ip address add 203.0.113.1/24 dev adv; ip link set adv up");
        try (Lease lease = plan.apply()) {
            assertThat(lease.queues()).hasSize(1);
        } finally {
            Commands.run("ip", "link", "del", "adv");
        }
    }
}
