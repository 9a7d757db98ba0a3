package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.fixture.Commands;
import dev.qlease.fixture.MachineState;
import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What was made is what is undone, whatever was renamed, moved or made anew meanwhile. */
@Tag("vm")
class IdentityVmTest extends LeaseScene {
    private static final String ANEW = "qlease-anew";

    private LeaseSpec spec(Redirect redirect) {
        return guest().spec().redirect(redirect).build();
    }

    private static LeaseSpec.Builder second(Guest other) {
        return LeaseSpec.of("qnic0", other.netns()).address(IpPrefix.parse("198.18.0.3/24"));
    }

    private static LeaseSpec single(NetworkNamespace netns) {
        return LeaseSpec.of("qnic0", netns).redirect(Redirect.NONE).single().build();
    }

    private void assertAllRestored() {
        assertThat(leases().list()).isEmpty();
        before().assertRestored();
    }

    @ParameterizedTest
    @CsvSource({
        "BPF, ip link set ql0 name foo",
        "FORWARD, ip link set ql0 name foo",
        "BPF, ip -n GUEST link set nk0 name eth0",
        "BPF, ip link set ql0 name foo; ip link add ql0 type dummy",
        "BPF, ip -n GUEST link set nk0 name eth0; ip -n GUEST link add nk0 type dummy",
        "BPF, ip link set ql0 alias something",
        "BPF, ip link set ql0 down; ip link set ql0 name foo",
    })
    void aLeaseWhoseLinksWereRenamedIsDeleted(Redirect redirect, String change) {
        leases().create(spec(redirect)).keep();
        Commands.script(change.replace("GUEST", guest().name()));
        leases().delete("ql0");
        assertThat(leases().list()).isEmpty();
        assertThat(Commands.run("ip", "-oneline", "link", "show", "type", "netkit"))
                .isEmpty();
        if (change.contains("GUEST link add")) {
            Commands.run("ip", "-n", guest().name(), "link", "del", "nk0");
        } else if (change.contains("add ql0")) {
            Commands.run("ip", "link", "del", "ql0");
        }
        before().assertRestored();
    }

    @ParameterizedTest
    @CsvSource({"guest, nk0", "host, ql0"})
    void aLeaseWhoseLinksWereMovedToAnotherNamespaceIsDeleted(String end, String link) {
        try (Guest away = Guest.create()) {
            leases().create(spec(Redirect.BPF)).keep();
            Commands.script(
                    end.equals("guest")
                            ? "ip -n " + guest().name() + " link set " + link + " netns " + away.name()
                            : "ip link set " + link + " netns " + away.name());
            leases().delete("ql0");
            assertThat(Commands.run("ip", "-n", away.name(), "-oneline", "link").lines())
                    .hasSize(1);
            assertThat(Commands.run("ip", "-n", guest().name(), "-oneline", "link")
                            .lines())
                    .hasSize(1);
        }
        assertAllRestored();
    }

    @Test
    void aSingleDeviceThatWasMovedIsDeleted() {
        try (Guest away = Guest.create()) {
            leases().create(single(guest().netns())).keep();
            Commands.run("ip", "-n", guest().name(), "link", "set", "nk0", "netns", away.name());
            leases().delete(leases().list().getFirst().name());
            assertThat(Commands.run("ip", "-n", away.name(), "-oneline", "link").lines())
                    .hasSize(1);
        }
        assertAllRestored();
    }

    @ParameterizedTest
    @EnumSource(Redirect.class)
    void aNicThatWasRenamedIsPutBack(Redirect redirect) {
        LeaseSpec.Builder spec = redirect == Redirect.NONE ? LeaseSpec.of("qnic0", guest().netns()) : guest().spec();
        leases().create(spec.redirect(redirect).build()).keep();
        Commands.run("ip", "link", "set", "qnic0", "name", "lan0");
        try {
            assertThat(leases().find("ql0").orElseThrow().status()).isEqualTo(Status.READY);
            leases().delete("ql0");
        } finally {
            Commands.run("ip", "link", "set", "lan0", "name", "qnic0");
        }
        assertAllRestored();
    }

    @ParameterizedTest
    @CsvSource({"true, BPF", "false, BPF", "true, FORWARD", "false, FORWARD"})
    void aNicThatWasRenamedBetweenTwoLeasesIsPutBackOnceBothAreGone(boolean firstFirst, Redirect redirect) {
        Commands.run("ethtool", "-K", "qnic0", "ntuple", "off");
        MachineState without = MachineState.read();
        try (Guest other = Guest.create()) {
            leases().create(guest().spec().redirect(redirect).rxRing(128).build())
                    .keep();
            Commands.run("ip", "link", "set", "qnic0", "name", "lan0");
            leases().create(LeaseSpec.of("lan0", other.netns())
                            .redirect(redirect)
                            .address(IpPrefix.parse("198.18.0.3/24"))
                            .build())
                    .keep();
            leases().delete(firstFirst ? "ql0" : "ql1");
            String left = firstFirst ? "ql1" : "ql0";
            assertThat(violations(left)).isEmpty();
            assertThat(Commands.run("ethtool", "-k", "lan0")).contains("ntuple-filters: on");
            assertThat(Commands.run("ethtool", "-g", "lan0")).containsPattern("(?s)Current.*TCP data split:\\s+on");
            leases().delete(left);
        } finally {
            Commands.run("ip", "link", "set", "lan0", "name", "qnic0");
        }
        without.assertRestored();
        Commands.run("ethtool", "-K", "qnic0", "ntuple", "on");
    }

    @ParameterizedTest
    @CsvSource({"64, 0, true", "0, 64, true", "0, 64, false", "64, 128, true", "64, 128, false"})
    void eachNumberOfACommandIsPutBackByItself(int first, int second, boolean firstFirst) {
        try (Guest other = Guest.create()) {
            LeaseSpec.Builder one = guest().spec();
            leases().create((first == 0 ? one : one.rxRing(first)).build()).keep();
            LeaseSpec.Builder two = second(other);
            leases().create((second == 0 ? two : two.rxRing(second)).build()).keep();
            leases().delete(firstFirst ? "ql0" : "ql1");
            assertThat(Commands.run("ethtool", "-g", "qnic0")).containsPattern("(?s)Current.*TCP data split:\\s+on");
            leases().delete(firstFirst ? "ql1" : "ql0");
        }
        assertAllRestored();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aNicThatIsInAnotherNamespaceIsPutBackThereOrLater(boolean deleteWhileAway) {
        Commands.run("ip", "netns", "add", "away");
        leases().create(spec(Redirect.BPF)).keep();
        Commands.run("ip", "link", "set", "qnic0", "netns", "away");
        try {
            assertThat(leases().find("ql0").orElseThrow().status()).isNotEqualTo(Status.READY);
            if (deleteWhileAway) {
                deleteOrSay("ql0");
            }
        } finally {
            Commands.script("""
                    ip -n away link set qnic0 netns 1
                    ip address add 192.0.2.1/24 dev qnic0
                    ip address add 2001:db8:1::1/64 dev qnic0 nodad
                    ip link set qnic0 up
                    ip netns delete away
                    """);
        }
        if (leases().find("ql0").isPresent()) {
            leases().delete("ql0");
        }
        assertAllRestored();
    }

    /** A namespace in which the NIC's number is taken gives it another, which it keeps when it comes back. */
    @ParameterizedTest
    @EnumSource(Redirect.class)
    void aNicThatComesBackWithAnotherNumberIsPutBack(Redirect redirect) {
        LeaseSpec.Builder spec = redirect == Redirect.NONE ? LeaseSpec.of("qnic0", guest().netns()) : guest().spec();
        leases().create(spec.redirect(redirect).rxRing(128).build()).keep();
        int number = Nic.ifindex();
        Commands.script("""
                ip netns add away
                ip -n away link add taken index %d type dummy
                ip link set qnic0 netns away
                ip -n away link set qnic0 netns 1
                ip netns delete away
                ip address add 192.0.2.1/24 dev qnic0
                ip address add 2001:db8:1::1/64 dev qnic0 nodad
                ip link set qnic0 up
                """.formatted(number));
        assertThat(Nic.ifindex()).isNotEqualTo(number);
        try (Guest other = Guest.create()) {
            leases().create(second(other).rxRing(128).build()).keep();
            leases().delete("ql0");
            assertThat(violations("ql1")).isEmpty();
            assertThat(Commands.run("ethtool", "-g", "qnic0")).containsPattern("(?s)Current.*RX:\\s+128");
            leases().delete("ql1");
        }
        assertAllRestored();
    }

    /** A deletion either puts all back, or says what it could not and keeps the lease. */
    private void deleteOrSay(String name) {
        try {
            leases().delete(name);
        } catch (LeaseException e) {
            assertThat(e.notUndone()).isNotEmpty();
            assertThat(leases().find(name)).isPresent();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nk0 type netkit peer name nk1", "nk0 type dummy", "nk0 type veth peer name nk1"})
    void aDeviceOfANamespaceOfTheSameNameIsLeftAlone(String stranger) {
        Commands.run("ip", "netns", "add", ANEW);
        try (NetworkNamespace netns = NetworkNamespace.named(ANEW)) {
            leases().create(single(netns)).keep();
        }
        String name = leases().list().getFirst().name();
        Commands.script("ip netns delete %1$s; ip netns add %1$s; ip -n %1$s link add %2$s".formatted(ANEW, stranger));
        try {
            leases().delete(name);
            assertThat(Commands.run("ip", "-n", ANEW, "-oneline", "link")).contains(": nk0");
        } finally {
            Commands.run("ip", "netns", "delete", ANEW);
        }
        assertAllRestored();
    }

    @Test
    void aDeviceOfANamespaceWhosePidIsAnothersIsLeftAlone() throws Exception {
        Process first = new ProcessBuilder("unshare", "-n", "sleep", "600").start();
        long pid = first.pid();
        try (NetworkNamespace here = NetworkNamespace.current()) {
            Nic.await("there is a namespace", () -> elsewhere(pid, here));
            try (NetworkNamespace netns = NetworkNamespace.ofProcess(pid)) {
                leases().create(single(netns)).keep();
            }
            first.destroyForcibly().waitFor();
            Process second = new ProcessBuilder(
                            "bash",
                            "-c",
                            "echo %d >/proc/sys/kernel/ns_last_pid; exec 3<&0; unshare -n sleep 600 & wait"
                                    .formatted(pid - 1))
                    .start();
            try {
                Nic.await("the process has the number of the first", () -> elsewhere(pid, here));
                Commands.run("nsenter", "-t", Long.toString(pid), "-n", "ip", "link", "add", "nk0", "type", "dummy");
                leases().delete(leases().list().getFirst().name());
                assertThat(Commands.run("nsenter", "-t", Long.toString(pid), "-n", "ip", "-oneline", "link"))
                        .contains(": nk0");
            } finally {
                second.descendants().forEach(ProcessHandle::destroyForcibly);
                second.destroyForcibly().waitFor();
            }
        }
        assertAllRestored();
    }

    private static boolean elsewhere(long pid, NetworkNamespace here) {
        if (!java.nio.file.Files.exists(java.nio.file.Path.of("/proc", Long.toString(pid), "ns/net"))) {
            return false;
        }
        try (NetworkNamespace there = NetworkNamespace.ofProcess(pid)) {
            return there.inode() != here.inode();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"delete", "umount", "file"})
    void aGuestsNamespaceThatIsGoneIsNoObstacle(String how) {
        Commands.run("ip", "netns", "add", ANEW);
        try (NetworkNamespace netns = NetworkNamespace.named(ANEW)) {
            leases().create(single(netns)).keep();
        }
        Commands.script(
                switch (how) {
                    case "delete" -> "ip netns delete " + ANEW;
                    case "umount" -> "umount /run/netns/" + ANEW;
                    default -> "umount /run/netns/%1$s; echo text >/run/netns/%1$s".formatted(ANEW);
                });
        try {
            leases().delete(leases().list().getFirst().name());
        } finally {
            Commands.run("rm", "-f", "/run/netns/" + ANEW);
        }
        assertAllRestored();
    }

    @Test
    void aLeasedQueueThatIsNoMoreIsNoObstacle() {
        Guest gone = Guest.create();
        leases().create(LeaseSpec.of("qnic0", gone.netns())
                        .redirect(Redirect.NONE)
                        .single()
                        .queues(List.of(7))
                        .build())
                .keep();
        String name = leases().list().getFirst().name();
        leases().create(guest().spec().queues(List.of(2)).host("healthy").build())
                .keep();
        gone.close();
        Commands.script("""
                until ethtool -X qnic0 equal 2 && ethtool -L qnic0 combined 4; do sleep 0.1; done
                """);
        assertThat(leases().list()).hasSize(2);
        assertThat(leases().find(name).orElseThrow().status()).isNotEqualTo(Status.READY);
        assertThat(leases().find("healthy").orElseThrow().status()).isEqualTo(Status.READY);
        leases().delete("healthy");
        leases().delete(name);
        assertThat(leases().list()).isEmpty();
        Commands.run("ethtool", "-X", "qnic0", "default");
        before().assertRestored();
    }

    @Test
    void aLeaseOfTheSameNameIsNotClosedByTheHandleOfADeletedOne() {
        try (Guest other = Guest.create()) {
            Lease mine = leases().create(guest().spec().build());
            leases().delete("ql0");
            Lease others = leases().create(second(other).build());
            assertThat(others.info().name()).isEqualTo(mine.info().name());
            mine.close();
            assertThat(leases().find("ql0").orElseThrow().status()).isEqualTo(Status.READY);
            assertThat(violations("ql0")).isEmpty();
            others.close();
        }
        assertAllRestored();
    }

    @ParameterizedTest
    @ValueSource(strings = {"shared", "lock", "shared.json", "settings", "leases", ".new", "a.json", "con"})
    void aLeaseMayHaveAnyName(String name) {
        try (Guest other = Guest.create()) {
            leases().create(guest().spec().build()).keep();
            leases().create(second(other).host(name).build()).keep();
            assertThat(leases().list()).extracting(LeaseInfo::name).containsExactlyInAnyOrder("ql0", name);
            leases().delete(name);
            assertThat(leases().find("ql0").orElseThrow().status()).isEqualTo(Status.READY);
            leases().delete("ql0");
        }
        assertAllRestored();
    }
}
