package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.cli.Qlease;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.ethtool.Features;
import dev.qlease.fixture.Commands;
import dev.qlease.fixture.MachineState;
import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A reservation prepares the NIC for its owner's lease, holds its queues, and is undone like a lease. */
@Tag("vm")
@Timeout(300)
class ReservationVmTest extends LeaseScene {
    private static final String OWNER = "dra:a-claim:0";
    private static final List<String> NIC_STEPS = List.of("channels", "rings", Features.NTUPLE, "RSS");

    private LeaseSpec.Builder owned() {
        return guest().spec().count(2).rxRing(256).owner(OWNER);
    }

    private LeaseSpec.Builder another(Guest guest) {
        return LeaseSpec.of("qnic0", guest.netns())
                .address(IpPrefix.parse("198.18.0.3/24"))
                .owner("dra:another:0");
    }

    private static List<Integer> queues(LeaseInfo info) {
        return info.queues().stream().map(LeasedQueue::nic).toList();
    }

    private static String qlease(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ExitCode exitCode = new Qlease(new Output(out, err)).run(args);
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(exitCode).isEqualTo(ExitCode.DONE);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theLeaseOfTheOwnerHasTheReservedQueuesAndChangesNoSetting() throws Exception {
        LeaseInfo reserved = leases().reserve(owned().build());
        assertThat(reserved.status()).isEqualTo(Status.RESERVED);
        assertThat(queues(reserved)).containsExactly(2, 3);
        MachineState prepared = MachineState.read();
        for (int i = 0; i < 2; i++) {
            LeasePlan plan = leases().plan(owned().build());
            assertThat(plan.queues()).isEqualTo(queues(reserved));
            assertThat(plan.steps().stream().filter(step -> NIC_STEPS.contains(step.name())))
                    .hasSizeGreaterThan(2)
                    .allMatch(Step.Satisfied.class::isInstance);
            try (Lease lease = plan.apply()) {
                assertThat(queues(lease.info())).isEqualTo(queues(reserved));
                byte[] bytes = Guest.random(65537);
                assertThat(guest().carry(lease, Guest.REMOTE4, bytes)).isEqualTo(bytes);
                assertThat(violations("ql0")).isEmpty();
                assertThat(leases().find("qr0").orElseThrow().status()).isEqualTo(Status.RESERVED);
            }
            prepared.assertRestored();
        }
        assertThat(leases().delete("qr0")).isEmpty();
        before().assertRestored();
    }

    @Test
    void theReservationCanBeDeletedBeforeTheLease() throws Exception {
        leases().reserve(owned().build());
        try (Lease lease = leases().create(owned().build())) {
            assertThat(leases().delete("qr0")).isEmpty();
            assertThat(violations("ql0")).isEmpty();
            byte[] bytes = Guest.random(65537);
            assertThat(guest().carry(lease, Guest.REMOTE4, bytes)).isEqualTo(bytes);
        }
        before().assertRestored();
    }

    @Test
    void othersGetOtherQueuesAndThoseOfTheOwnerFitExactly() {
        leases().reserve(owned().build());
        Link nic;
        try (NamespaceSockets here = NamespaceSockets.of(NetworkNamespace.ofCaller())) {
            nic = here.findLink("qnic0").orElseThrow();
        }
        assertThat(leases().leasableQueues(nic)).isEqualTo(1);
        try (Guest other = Guest.create()) {
            assertThat(leases().plan(another(other).build()).queues()).containsExactly(1);
            assertRefused(
                    () -> leases().create(another(other).queues(List.of(3)).build()),
                    "queue 3 of qnic0 is reserved for " + OWNER + " (qr0)");
        }
        assertRefused(() -> leases().plan(owned().count(1).build()), "[2, 3]", "reserved", "asks for 1 queues");
        assertRefused(() -> leases().plan(owned().queues(List.of(1, 3)).build()), "asks for queues [1, 3]");
        assertThat(leases().plan(owned().queues(List.of(3, 2)).build()).queues())
                .containsExactly(3, 2);
        assertRefused(() -> leases().reserve(owned().build()), OWNER + " already has qr0");
        assertRefused(() -> leases().reserve(guest().spec().build()), "owner");
    }

    @ParameterizedTest
    @CsvSource({"qr0, qr1", "qr1, qr0"})
    void reservationsOfANicShareItsSettings(String first, String second) {
        Commands.script("ethtool -L qnic0 combined 2");
        try {
            MachineState initial = MachineState.read();
            assertThat(queues(leases().reserve(owned().count(1).build()))).containsExactly(1);
            try (Guest other = Guest.create()) {
                assertThat(queues(leases().reserve(another(other).build()))).containsExactly(2);
            }
            leases().delete(first);
            assertThat(violations(second, Status.RESERVED)).isEmpty();
            leases().delete(second);
            initial.assertRestored();
        } finally {
            Commands.script("ethtool -L qnic0 combined 4");
        }
    }

    private List<String> violations(String name, Status intact) {
        LeaseInfo info = leases().find(name).orElseThrow();
        assertThat(info.status()).isEqualTo(info.problems().isEmpty() ? intact : Status.VIOLATED);
        return info.problems();
    }

    @ParameterizedTest
    @CsvSource({
        "ethtool -N qnic0 flow-type tcp4 dst-port 8080 action 3 loc 9, ethtool -N qnic0 delete 9, false",
        "ethtool -N qnic0 flow-type tcp4 dst-port 8080 action 3 loc 9, ethtool -N qnic0 delete 9, true",
        "ethtool -X qnic0 equal 4, ethtool -X qnic0 equal 2, false",
        "ethtool -X qnic0 equal 4, ethtool -X qnic0 equal 2, true",
        "ethtool -X qnic0 context new start 3 equal 1, ethtool -X qnic0 context 1 delete, false",
        "ethtool -G qnic0 tcp-data-split off, ethtool -G qnic0 tcp-data-split on, false",
        "ethtool -L qnic0 combined 3, ethtool -L qnic0 combined 4, false",
    })
    void whatOthersChangeIsAViolation(String admins, String undo, boolean leased) {
        leases().reserve(owned().build());
        if (leased) {
            leases().create(owned().build()).keep();
        }
        assertThat(violations("qr0", Status.RESERVED)).isEmpty();
        Commands.script(admins);
        try {
            assertThat(violations("qr0", Status.RESERVED)).isNotEmpty();
        } finally {
            Commands.script(undo);
        }
        assertThat(violations("qr0", Status.RESERVED)).isEmpty();
    }

    @Test
    void aProcessThatDiesAtAnyPointLeavesWhatCanBeUndone() {
        int points = 0;
        while (diesReserving(points)) {
            List<LeaseInfo> left = leases().list();
            assertThat(left.stream().map(LeaseInfo::status))
                    .allMatch(Status.INCOMPLETE::equals)
                    .hasSizeLessThan(2);
            left.forEach(info -> leases().delete(info.name(), info.id()));
            before().assertRestored();
            points++;
        }
        assertThat(points).isGreaterThan(6);
        for (points = 0; diesDeleting(points); points++) {
            assertThat(leases().list()).extracting(LeaseInfo::name).containsExactly("qr0");
        }
        assertThat(points).isGreaterThan(2);
        assertThat(leases().list()).isEmpty();
        before().assertRestored();
    }

    private boolean diesReserving(int points) {
        try (Leases dying = CrashingStore.leases(points)) {
            return dying.reserve(owned().build()).status() != Status.RESERVED;
        } catch (CrashingStore.Crash e) {
            return true;
        }
    }

    private static boolean diesDeleting(int points) {
        try (Leases dying = CrashingStore.leases(points)) {
            return !dying.delete("qr0").isEmpty();
        } catch (CrashingStore.Crash e) {
            return true;
        }
    }

    @Test
    void aReservationOfAnEarlierBootIsGone() throws IOException {
        leases().reserve(owned().build());
        Path file = onlyFile();
        String text = Files.readString(file);
        Files.writeString(file, text.replaceFirst("\"boot-id\" : \"", "\"boot-id\" : \"earlier"));
        assertThat(leases().find("qr0").orElseThrow().status()).isEqualTo(Status.GONE);
        assertThat(leases().plan(guest().spec().count(3).build()).queues()).contains(3);
        Files.writeString(file, text);
        assertThat(violations("qr0", Status.RESERVED)).isEmpty();
    }

    private static Path onlyFile() throws IOException {
        try (var files = Files.list(Path.of("/run/qlease/leases"))) {
            return files.toList().getFirst();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "{\"id\" : 1}"})
    void aDamagedReservationIsOneRow(String damage) throws IOException {
        leases().reserve(owned().build());
        Path file = onlyFile();
        String text = Files.readString(file);
        Files.writeString(file, damage);
        assertThat(leases().list()).extracting(LeaseInfo::status).containsExactly(Status.UNREADABLE);
        assertThat(leases().list().getFirst().isReservation()).isFalse();
        Files.writeString(file, text);
    }

    @Test
    void theCommandsShowAReservation() {
        leases().reserve(owned().build());
        assertThat(qlease("lease", "list")).containsPattern("qr0 +reserved +qnic0 +2,3 .*" + OWNER);
        assertThat(qlease("lease", "show", "qr0"))
                .contains("qr0, reserved", "2, 3", OWNER)
                .doesNotContain("guest");
        assertThat(qlease("lease", "list", "--json"))
                .contains("\"status\":\"reserved\"", "\"guest\":\"\"", "\"netns\":\"\"", OWNER);
        assertThat(qlease("lease", "verify", "qr0")).contains("as it was created");
        assertThat(qlease("metrics")).contains("qlease_lease_status{lease=\"qr0\",status=\"reserved\"} 1");
        assertThat(qlease("export")).doesNotContain("qr0");
        assertThat(qlease("lease", "delete", "qr0")).contains("qr0: deleted");
        assertThatExceptionOfType(LeaseRefusedException.class).isThrownBy(() -> leases().delete("qr0"));
        before().assertRestored();
    }
}
