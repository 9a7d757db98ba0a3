package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.FlowAction;
import dev.qlease.ethtool.FlowMatch;
import dev.qlease.ethtool.FlowRule;
import dev.qlease.fixture.Commands;
import dev.qlease.fixture.MachineState;
import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.NetkitMode;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Leases put back what they change, whether they were made, were made in part, or lost their guest. */
@Tag("vm")
class LeaseRestoreVmTest {
    /** A NIC that somebody has set up with care, and a host that forwards for nobody. */
    private static final String OWN_SETTINGS = """
            ethtool -L qnic0 combined 3
            ethtool -K qnic0 ntuple on
            ethtool -N qnic0 flow-type tcp4 dst-ip 192.0.2.1 dst-port 22 action 1 loc 7
            ethtool -X qnic0 weight 3 2 1
            ethtool -K qnic0 ntuple off
            ethtool -G qnic0 rx 256
            """;

    private static final String DEFAULTS = """
            ethtool -K qnic0 ntuple on
            ethtool -N qnic0 delete 7
            ethtool -X qnic0 default
            ethtool -L qnic0 combined 4
            ethtool -G qnic0 rx 512
            """;

    private Guest guest;
    private Leases leases;

    @BeforeEach
    void open() {
        guest = Guest.create();
        leases = Leases.open();
    }

    @AfterEach
    void close() {
        leases.list().forEach(info -> leases.delete(info.name()));
        leases.close();
        guest.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = Redirect.class,
            names = {"BPF", "FORWARD"})
    void aPlanChangesNothingAndSaysAll(Redirect redirect) {
        MachineState before = MachineState.read();
        String plan = leases.plan(
                        guest.spec().redirect(redirect).count(2).rxRing(256).build())
                .toString();
        before.assertRestored();
        assertThat(plan)
                .contains("set tcp-data-split enabled", "rx 256", "spread over [0, 1] only")
                .contains("make the L2 pair ql0", "lease them to nk0", "198.18.0.2", "RSS context")
                .contains(
                        redirect == Redirect.BPF
                                ? "BPF programs that redirect"
                                : "/proc/sys/net/ipv4/conf/qnic0/forwarding");
        assertThat(leases.list()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Redirect.class,
            names = {"BPF", "FORWARD"})
    void ownSettingsOfTheNicAreThereAgainAfterwards(Redirect redirect) throws Exception {
        Commands.run("bash", "-ec", OWN_SETTINGS);
        try {
            MachineState before = MachineState.read();
            LeaseSpec spec = guest.spec()
                    .redirect(redirect)
                    .count(3)
                    .rxRing(512)
                    .mode(NetkitMode.L3)
                    .build();
            try (Lease lease = leases.create(spec)) {
                assertThat(before.changesTo(MachineState.read())).isNotEmpty();
                assertThat(lease.queues()).hasSize(3);
                byte[] bytes = Guest.random(65537);
                assertThat(guest.carry(lease, Guest.REMOTE4, bytes)).isEqualTo(bytes);
            }
            before.assertRestored();
        } finally {
            Commands.run("bash", "-c", DEFAULTS);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ip route add 198.18.0.2/32 dev lo, routes, there is one already in the host",
    })
    void aStepThatFailsUndoesThoseBeforeItAndIsNamed(String interference, String step, String words) {
        LeaseSpec spec = guest.spec().redirect(Redirect.FORWARD).build();
        Commands.run(interference.replace("GUEST", guest.name()).split(" "));
        try {
            MachineState before = MachineState.read();
            assertThatThrownBy(() -> leases.create(spec))
                    .isInstanceOfSatisfying(LeaseException.class, e -> {
                        assertThat(e.step()).isEqualTo(step);
                        assertThat(e.notUndone()).isEmpty();
                        assertThat(((LinuxException) e.getCause()).is(Errno.EEXIST))
                                .isTrue();
                    })
                    .hasMessageStartingWith("lease ql0 of qnic0, " + step + ": ")
                    .hasMessageContaining(words);
            before.assertRestored();
        } finally {
            Commands.run(interference
                    .replace("GUEST", guest.name())
                    .replace(" add ", " del ")
                    .replaceFirst(" type .*", "")
                    .split(" "));
        }
    }

    @Test
    void aTableOfRulesThatIsFullUndoesAll() {
        try (Ethtool ethtool = Ethtool.open()) {
            List<Integer> filled = IntStream.range(1000, 1064)
                    .mapToObj(port -> ethtool.addFlowRule(
                                    "qnic0", FlowRule.of(FlowMatch.tcp4().destinationPort(port), FlowAction.queue(0)))
                            .location()
                            .orElseThrow())
                    .toList();
            try {
                MachineState before = MachineState.read();
                assertThatThrownBy(() -> leases.create(guest.spec().build()))
                        .isInstanceOfSatisfying(
                                LeaseException.class, e -> assertThat(e.step()).isEqualTo("flow rule"))
                        .hasMessageContaining("No space left on device (ENOSPC)");
                before.assertRestored();
            } finally {
                filled.forEach(location -> ethtool.deleteFlowRule("qnic0", location));
            }
        }
    }

    @Test
    void aRuleThatSomebodyElseMadeForTheGuestIsNotTaken() {
        Commands.run("ethtool", "-N", "qnic0", "flow-type", "tcp4", "dst-ip", "198.18.0.2", "action", "1");
        try {
            assertThatThrownBy(() -> leases.plan(guest.spec().build()))
                    .isInstanceOf(LeaseRefusedException.class)
                    .hasMessageContaining("qnic0 already has a flow rule for the guest's traffic: tcp4")
                    .hasMessageContaining("queue 1");
        } finally {
            Commands.run("ethtool", "-N", "qnic0", "delete", "0");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void twoLeasesOfANicAreDeletedInEitherOrder(boolean theFirstFirst) throws Exception {
        Commands.run("ethtool", "-L", "qnic0", "combined", "2");
        try (Guest other = Guest.create()) {
            MachineState before = MachineState.read();
            Lease first = leases.create(guest.spec().queues(List.of(1)).build());
            Lease second = leases.create(LeaseSpec.of("qnic0", other.netns())
                    .address(IpPrefix.parse("198.18.0.3/24"))
                    .queues(List.of(3))
                    .redirect(Redirect.FORWARD)
                    .build());
            assertThat(leases.list()).extracting(LeaseInfo::name).containsExactly("ql0", "ql1");
            assertThat(leases.list()).extracting(LeaseInfo::status).containsOnly(Status.READY);
            (theFirstFirst ? first : second).close();
            byte[] bytes = Guest.random(4097);
            if (theFirstFirst) {
                assertThat(other.carry(second, Guest.REMOTE4, bytes)).isEqualTo(bytes);
                second.close();
            } else {
                assertThat(guest.carry(first, Guest.REMOTE4, bytes)).isEqualTo(bytes);
                first.close();
            }
            before.assertRestored();
        } finally {
            Commands.run("ethtool", "-L", "qnic0", "combined", "4");
        }
    }

    @Test
    void aLeaseWhoseNamespaceWentIsGoneAndGivesWayToAnother() throws Exception {
        MachineState before = MachineState.read();
        Lease lease;
        try (Guest gone = Guest.create()) {
            lease = leases.create(gone.spec().queues(List.of(3)).build());
            assertThat(leases.find("ql0").orElseThrow().status()).isEqualTo(Status.READY);
        }
        Nic.await("the lease is gone", () -> leases.find("ql0").orElseThrow().status() == Status.GONE);
        try (Guest next = Guest.create()) {
            assertThatThrownBy(() -> leases.plan(next.spec().build()))
                    .isInstanceOf(LeaseRefusedException.class)
                    .hasMessageContaining(
                            "198.18.0.2 is an address of lease ql0: delete that first if its guest is gone");
            LeaseSpec.Builder another = LeaseSpec.of("qnic0", next.netns()).address(IpPrefix.parse("198.18.0.4/24"));
            assertThatThrownBy(() -> leases.plan(another.queues(List.of(3)).build()))
                    .isInstanceOf(LeaseRefusedException.class)
                    .hasMessageContaining("queue 3 of qnic0 is still set up for lease ql0: delete that first");
            try (Lease second = leases.create(another.count(1).build())) {
                assertThat(second.queues()).extracting(LeasedQueue::nic).containsExactly(2);
                assertThat(leases.list()).extracting(LeaseInfo::status).containsExactly(Status.GONE, Status.READY);
                lease.close();
                byte[] bytes = Guest.random(4097);
                assertThat(next.carry(second, Guest.REMOTE4, bytes)).isEqualTo(bytes);
            }
        }
        before.assertRestored();
    }

    @Test
    void aSingleDevicesLeaseOfAnOldNamespaceLeavesTheNewOneAlone() {
        MachineState before = MachineState.read();
        NetworkNamespace.create("qlease-single").close();
        Lease old;
        try (NetworkNamespace first = NetworkNamespace.named("qlease-single")) {
            old = leases.create(LeaseSpec.of("qnic0", first)
                    .redirect(Redirect.NONE)
                    .single()
                    .build());
            try (DmaBuf dmaBuf = Udmabuf.pages().allocate(1);
                    TxBinding binding = TxBinding.bind(first, old.guestIfindex(), dmaBuf)) {
                assertThat(binding.id()).isPositive();
            }
        }
        NetworkNamespace.delete("qlease-single");
        NetworkNamespace.create("qlease-single").close();
        try (NetworkNamespace second = NetworkNamespace.named("qlease-single")) {
            Lease made = leases.create(LeaseSpec.of("qnic0", second)
                    .redirect(Redirect.NONE)
                    .single()
                    .build());
            old.close();
            assertThat(leases.find(made.info().name()).orElseThrow().status()).isEqualTo(Status.READY);
            made.close();
        } finally {
            NetworkNamespace.delete("qlease-single");
        }
        before.assertRestored();
    }

    @Test
    void whatCannotBeUndoneIsSaidAndTriedAgain() {
        MachineState before = MachineState.read();
        leases.create(guest.spec().count(2).build()).keep();
        Commands.run("ethtool", "-N", "qnic0", "flow-type", "tcp4", "dst-port", "77", "context", "1", "loc", "60");
        assertThatThrownBy(() -> leases.delete("ql0"))
                .isInstanceOfSatisfying(
                        LeaseException.class, e -> assertThat(e.notUndone()).hasSize(1))
                .hasMessageStartingWith("lease ql0, delete: ")
                .hasMessageContaining("not undone: RSS context of qnic0 over queues [2, 3]: ")
                .hasMessageContaining("(EBUSY)");
        assertThat(leases.find("ql0").orElseThrow().status()).isEqualTo(Status.INCOMPLETE);
        Commands.run("ethtool", "-N", "qnic0", "delete", "60");
        leases.delete("ql0");
        before.assertRestored();
    }

    @Test
    void portsAreSteeredAndNothingElse() throws Exception {
        MachineState before = MachineState.read();
        try (Lease lease = leases.create(
                guest.spec().queues(List.of(1)).port(5001).port(5002).build())) {
            assertThat(lease.queues()).containsExactly(new LeasedQueue(1, 1));
            String rules = Commands.run("ethtool", "-n", "qnic0");
            assertThat(rules).contains("Total 4 rules", "Dest port: 5001", "Dest port: 5002", "queue 1");
        }
        before.assertRestored();
    }

    @Test
    void fourQueuesAreLeasedAndTheirTrafficIsSpreadOverThem() throws Exception {
        MachineState before = MachineState.read();
        try (Lease lease = leases.create(guest.spec().count(4).build())) {
            assertThat(lease.queues())
                    .containsExactly(
                            new LeasedQueue(1, 1), new LeasedQueue(2, 2), new LeasedQueue(3, 3), new LeasedQueue(4, 4));
            assertThat(Commands.run("ethtool", "-l", "qnic0")).containsPattern("(?s)Current.*Combined:\\s+5");
            assertThat(Commands.run("ethtool", "-n", "qnic0")).contains("Total 2 rules", "Direct to RSS Context 1");
            for (String address : List.of(Guest.REMOTE4, Guest.REMOTE6)) {
                byte[] bytes = Guest.random(1_000_003);
                assertThat(guest.carry(lease, address, bytes)).isEqualTo(bytes);
            }
        }
        before.assertRestored();
    }
}
