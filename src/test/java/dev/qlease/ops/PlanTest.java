package dev.qlease.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.lease.NicSetting;
import dev.qlease.lease.Redirect;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The difference of leases, and the form in which they are exported. */
class PlanTest {
    private static final NicIdentity NIC =
            new NicIdentity("eth0", 2, Optional.of("02:00:00:00:00:01"), Optional.empty());
    private static final LeaseShape SHAPE = new LeaseShape(
            1,
            List.of(3),
            "nk0",
            false,
            "l2",
            List.of("192.0.2.2/24"),
            List.of(),
            List.of(),
            Redirect.BPF,
            OptionalInt.empty(),
            false);

    private static LeaseState state(String name, LeaseShape shape) {
        return new LeaseState(name, NIC, new GuestNamespace("/run/netns/blue", 7), shape);
    }

    private static ActualLease actual(LeaseState state, String id) {
        return new ActualLease(state, id, Status.READY, List.of(), Optional.empty());
    }

    private static List<String> kinds(Plan plan) {
        return plan.actions().stream()
                .map(action -> action.kind().sign() + action.name())
                .toList();
    }

    @Example
    void onlyLeasesOfEarlierAppliesAreDeleted() {
        Plan plan = Plan.between(
                List.of(state("new", SHAPE)),
                List.of(actual(state("own", SHAPE), "1"), actual(state("other", SHAPE), "2")),
                Set.of("1"),
                List.of());
        assertThat(kinds(plan)).containsExactly("-own", "+new");
        assertThat(plan.notes()).singleElement().asString().contains("lease other is in no file");
        assertThat(plan.lines())
                .containsExactly(
                        "- lease own: delete",
                        "+ lease new: create, queues [3] of eth0 to /run/netns/blue with 192.0.2.2/24");
    }

    @Example
    void aLeaseThatDiffersIsCreatedAgain() {
        LeaseShape wanted = new LeaseShape(
                2,
                List.of(),
                "nk0",
                false,
                "l3",
                List.of("192.0.2.3/24"),
                List.of(),
                List.of(443),
                Redirect.FORWARD,
                OptionalInt.of(512),
                true);
        Plan plan =
                Plan.between(List.of(state("a", wanted)), List.of(actual(state("a", SHAPE), "1")), Set.of(), List.of());
        assertThat(plan.lines())
                .containsExactly(
                        "~ lease a: delete and create again",
                        "    queues: 1 -> 2",
                        "    addresses: 192.0.2.2/24 -> 192.0.2.3/24",
                        "    redirect: bpf -> forward",
                        "    mode: l2 -> l3",
                        "    ports: all -> 443",
                        "    rx-ring: unchanged -> 512",
                        "    shared-traffic: false -> true");
    }

    @Example
    void settingsOfNicsComeFirst() {
        List<NicChange> changes = List.of(
                new NicChange(NIC, NicSetting.RX_RING, "512", "1024"),
                new NicChange(NIC, NicSetting.TCP_DATA_SPLIT, "auto", "on"));
        Plan plan = Plan.between(List.of(), List.of(), Set.of(), changes);
        assertThat(plan.isEmpty()).isFalse();
        assertThat(plan.lines())
                .containsExactly("~ nic eth0", "    rx-ring: 512 -> 1024", "    tcp-data-split: auto -> on");
        assertThat(plan.changes()).singleElement().satisfies(change -> {
            assertThat(change.what()).isEqualTo("nic");
            assertThat(change.differences()).hasSize(2);
        });
    }

    @Example
    void aLeaseIsTheSameOnARenamedNicAndByAnotherPath() {
        LeaseState wanted = new LeaseState(
                "a",
                new NicIdentity("lan", 2, NIC.permanentAddress(), NIC.bus()),
                new GuestNamespace("/proc/17/ns/net", 7),
                SHAPE);
        assertThat(Plan.between(List.of(wanted), List.of(actual(state("a", SHAPE), "1")), Set.of(), List.of())
                        .isEmpty())
                .isTrue();
        LeaseState elsewhere = new LeaseState("a", NIC, new GuestNamespace("/run/netns/blue", 8), SHAPE);
        assertThat(Plan.between(List.of(elsewhere), List.of(actual(state("a", SHAPE), "1")), Set.of(), List.of())
                        .lines())
                .contains("    netns: /run/netns/blue -> /run/netns/blue");
    }

    @Example
    void aLeaseThatAnotherProgramManagesIsLeftToIt() {
        LeaseState state = state("a", SHAPE);
        ActualLease owned = new ActualLease(state, "1", Status.GONE, List.of("gone"), Optional.of("cni:n:c:eth0"));
        assertThatThrownBy(() -> Plan.between(List.of(state), List.of(owned), Set.of(), List.of()))
                .isInstanceOf(OpsException.class)
                .hasMessageContaining("lease a belongs to cni:n:c:eth0");
        Plan plan = Plan.between(List.of(), List.of(owned), Set.of(), List.of());
        assertThat(plan.isEmpty()).isTrue();
        assertThat(plan.notes()).isEmpty();
        Export export = Export.of(List.of(owned));
        assertThat(export.leases()).isEmpty();
        assertThat(export.notes())
                .containsExactly("lease a is left out: it belongs to cni:n:c:eth0, which creates and deletes it");
    }

    @Example
    void aLeaseThatIsGoneIsCreatedAgainAndOneThatIsViolatedIsNot() {
        LeaseState state = state("a", SHAPE);
        ActualLease gone = new ActualLease(state, "1", Status.GONE, List.of("it is gone"), Optional.empty());
        assertThat(Plan.between(List.of(state), List.of(gone), Set.of(), List.of())
                        .lines())
                .containsExactly("~ lease a: delete and create again", "    status: gone -> ready");
        ActualLease violated = new ActualLease(state, "1", Status.VIOLATED, List.of("a rule"), Optional.empty());
        Plan plan = Plan.between(List.of(state), List.of(violated), Set.of(), List.of());
        assertThat(plan.isEmpty()).isTrue();
        assertThat(plan.notes()).containsExactly("lease a is violated: a rule");
    }

    @Provide
    Arbitrary<LeaseState> leases() {
        Arbitrary<String> names = Arbitraries.strings()
                .withChars("abcxyz019_-.~\"#'")
                .ofMinLength(1)
                .ofMaxLength(12)
                .filter(name -> !name.matches("\\.\\.?"));
        Arbitrary<List<Integer>> queues = Arbitraries.integers()
                .between(0, 65534)
                .list()
                .uniqueElements()
                .ofMinSize(1)
                .ofMaxSize(4);
        Arbitrary<List<String>> addresses = Arbitraries.integers()
                .between(2, 200)
                .list()
                .uniqueElements()
                .ofMinSize(1)
                .ofMaxSize(4)
                .map(hosts -> hosts.stream()
                        .map(host -> host % 2 == 0 ? "192.0.2." + host + "/24" : "2001:db8::" + host + "/64")
                        .toList());
        Arbitrary<List<Integer>> ports =
                Arbitraries.integers().between(1, 65535).list().uniqueElements().ofMaxSize(3);
        Arbitrary<OptionalInt> rings = Arbitraries.integers()
                .between(1, 8192)
                .optional()
                .map(size -> size.isPresent() ? OptionalInt.of(size.get()) : OptionalInt.empty());
        Arbitrary<LeaseShape> shapes = Combinators.combine(
                        queues,
                        names,
                        addresses,
                        ports,
                        rings,
                        Arbitraries.of(true, false),
                        Arbitraries.of("l2", "l3"),
                        Arbitraries.of(Redirect.class))
                .as((ids, guest, hosts, steered, ring, flag, mode, redirect) -> new LeaseShape(
                        ids.size(),
                        ids,
                        guest,
                        false,
                        mode,
                        hosts,
                        flag ? List.of("198.51.100.0/24") : List.of(),
                        steered,
                        redirect,
                        ring,
                        flag));
        return Combinators.combine(names, shapes).as(PlanTest::state);
    }

    @Property(tries = 300)
    void whatIsExportedIsReadBackAlikeAndNeedsNoChange(@ForAll("leases") LeaseState lease) throws IOException {
        Export export = new Export(java.util.Map.of(lease.name(), Export.fields(lease, "blue")), List.of());
        List<WantedLease> read = StateFilesTest.read(export.yaml());
        assertThat(read).singleElement().satisfies(wanted -> {
            assertThat(wanted.name()).isEqualTo(lease.name());
            assertThat(wanted.nic().toString()).isEqualTo("eth0");
            assertThat(wanted.guest()).isEqualTo(new GuestSelector.Netns("blue"));
            assertThat(wanted.shape()).isEqualTo(lease.shape());
        });
        LeaseState wanted = state(lease.name(), read.getFirst().shape());
        assertThat(Plan.between(List.of(wanted), List.of(actual(lease, "1")), Set.of(), List.of())
                        .isEmpty())
                .isTrue();
    }

    @Property(tries = 100)
    void applyingAPlanLeavesNothingToDo(@ForAll("leases") LeaseState found, @ForAll("leases") LeaseState wanted) {
        Plan plan = Plan.between(List.of(wanted), List.of(actual(found, "1")), Set.of("1"), List.of());
        List<ActualLease> after = plan.actions().stream()
                .flatMap(action -> action.wanted().stream())
                .map(lease -> actual(lease, "2"))
                .toList();
        if (plan.isEmpty()) {
            assertThat(found).isEqualTo(wanted);
        } else {
            assertThat(Plan.between(List.of(wanted), after, Set.of("2"), List.of())
                            .isEmpty())
                    .isTrue();
        }
        assertThat(IntStream.range(0, plan.actions().size())).hasSizeLessThanOrEqualTo(2);
    }
}
