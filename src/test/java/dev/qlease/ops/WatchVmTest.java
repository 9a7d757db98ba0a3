package dev.qlease.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.fixture.Commands;
import dev.qlease.fixture.MachineState;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leases of files that are applied when their namespaces and NICs appear. */
@Tag("vm")
class WatchVmTest implements Watch.Listener {
    private static final Duration TIMEOUT = Duration.ofSeconds(90);

    /** The longest time in which a change is noticed, and more than a burst of changes lasts. */
    private static final Duration NOTICED = Duration.ofSeconds(4);

    @TempDir
    private Path directory;

    private final List<Watch.Event> events = new ArrayList<>();
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private Leases leases;
    private MachineState before;
    private Watch watch;
    private int looks;

    @BeforeEach
    void open() {
        leases = Leases.open();
        before = MachineState.read();
    }

    @AfterEach
    void close() throws Exception {
        if (watch != null) {
            watch.stop();
            end.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            watch.close();
        }
        leases.list().forEach(info -> leases.delete(info.name()));
        leases.close();
        Commands.script("for n in late red; do [ ! -e /run/netns/$n ] || ip netns del $n; done");
        before.assertRestored();
    }

    @Override
    public synchronized void report(Watch.Event event) {
        events.add(event);
        System.out.println("    " + event);
    }

    @Override
    public void reloading() {}

    @Override
    public synchronized void looked(String summary) {
        looks++;
    }

    private synchronized int looks() {
        return looks;
    }

    private synchronized List<String> sentences() {
        return events.stream().map(Watch.Event::sentence).toList();
    }

    private Path file() {
        return directory.resolve("a.yaml");
    }

    private void write(String text) throws IOException {
        Path next = Files.writeString(directory.resolve("next"), text);
        Files.move(next, file(), StandardCopyOption.ATOMIC_MOVE);
    }

    private static String lease(String name, String netns, String address) {
        return "  " + name + ": {nic: qnic0, netns: " + netns + ", addresses: [" + address + "]}\n";
    }

    private void start() {
        watch = Watch.open(NetworkNamespace.ofCaller(), List.of(file().toString()), this);
        Thread.ofPlatform().start(() -> {
            try {
                watch.run();
                end.complete(null);
            } catch (IOException | RuntimeException | Error e) {
                end.completeExceptionally(e);
            }
        });
        await("the first look", () -> looks() > 0);
    }

    private void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(end.isDone()).as("the end of watching").isFalse();
            assertThat(System.nanoTime()).as(what + " after " + sentences()).isLessThan(deadline);
            pause(Duration.ofMillis(20));
        }
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void awaitSentence(int count, Predicate<String> sentence) {
        await("a sentence", () -> sentences().stream().filter(sentence).count() >= count);
    }

    private void awaitReady(String name) {
        await(
                "lease " + name,
                () -> leases.find(name)
                        .filter(lease -> lease.status() == Status.READY)
                        .isPresent());
    }

    private List<String> names() {
        return leases.list().stream().map(LeaseInfo::name).toList();
    }

    @Test
    void aLeaseIsCreatedWithItsNamespaceEachTime() throws IOException {
        write("leases:\n" + lease("a", "late", "198.18.0.2/24"));
        start();
        assertThat(sentences())
                .containsExactly("lease a waits: " + file() + ":2:3: leases.a.netns: no network namespace \"late\"");
        for (int i = 1; i <= 2; i++) {
            int times = i;
            Commands.script("ip netns add late");
            awaitReady("a");
            Commands.script("ip netns del late");
            awaitSentence(times, sentence -> sentence.equals("- lease a: delete"));
            await("the end of the lease", () -> names().isEmpty());
            before.assertRestored();
        }
        assertThat(sentences().stream().map(sentence -> sentence.substring(0, 7)))
                .containsExactly("lease a", "+ lease", "lease a", "- lease", "+ lease", "lease a", "- lease");
        try (Ops ops = Ops.open(NetworkNamespace.ofCaller())) {
            assertThat(ops.history()).extracting(HistoryEntry::command).endsWith("watch", "watch", "watch", "watch");
        }
    }

    /** The file of the namespace is created first, and the namespace is mounted on it a while later. */
    @Test
    void aNamespaceIsNoticedWhereverItIsMounted() throws IOException {
        Path netns = directory.resolve("x/y/late");
        write("leases:\n" + lease("a", netns.toString(), "198.18.0.2/24"));
        start();
        Commands.script("mkdir -p " + netns.getParent() + "; sleep 1; touch " + netns);
        pause(NOTICED);
        assertThat(names()).isEmpty();
        try {
            Commands.script("unshare --net=" + netns + " true");
            awaitReady("a");
        } finally {
            Commands.script("umount " + netns);
        }
        await("the end of the lease", () -> names().isEmpty());
    }

    @Test
    void aLeaseIsCreatedAgainOnANicThatWasReplugged() throws IOException {
        Commands.script("ip netns add late");
        write("leases:\n" + lease("a", "late", "198.18.0.2/24"));
        start();
        LeaseInfo first = leases.find("a").orElseThrow();
        Commands.script("ci/nic/replug 0");
        await(
                "the lease of the new device",
                () -> leases.find("a")
                        .filter(lease -> lease.status() == Status.READY && lease.nicIfindex() != first.nicIfindex())
                        .isPresent());
        assertThat(leases.find("a").orElseThrow().id()).isNotEqualTo(first.id());
    }

    @Test
    void aChangedFileIsAppliedAndAnInvalidOneLeavesEverythingAsItIs() throws IOException {
        Commands.script("ip netns add late");
        write("leases:\n" + lease("a", "late", "198.18.0.2/24"));
        start();
        String id = leases.find("a").orElseThrow().id();
        write("leases:\n" + lease("a", "late", "198.18.0.300/24"));
        awaitSentence(1, sentence -> sentence.startsWith(file() + ":2:") && sentence.contains("stays in effect"));
        assertThat(leases.find("a").orElseThrow().id()).isEqualTo(id);
        // In place, as an editor may.
        Files.writeString(file(), "leases:\n" + lease("a", "late", "198.18.0.3/24"));
        await(
                "the other address",
                () -> leases.find("a")
                        .filter(lease -> lease.addresses().equals(List.of("198.18.0.3/24")))
                        .isPresent());
        Files.delete(file());
        awaitSentence(1, sentence -> sentence.contains("No such file or directory"));
        assertThat(names()).containsExactly("a");
        write("leases: {}\n");
        awaitSentence(1, sentence -> sentence.equals("- lease a: delete"));
        assertThat(names()).isEmpty();
        assertThat(sentences()).contains("~ lease a: delete and create again");
    }

    @Test
    void aLeaseThatFailsStopsNoOtherAndIsTriedAgainWhenSomethingHasChanged() throws IOException {
        Commands.script("ip netns add late; ip netns add red");
        // Both want the device nk0 in the same namespace.
        write("leases:\n" + lease("a", "late", "198.18.0.2/24") + lease("b", "late", "198.18.1.2/24")
                + lease("c", "red", "198.18.2.2/24"));
        start();
        assertThat(names()).containsExactly("a", "c");
        assertThat(sentences())
                .filteredOn(sentence -> sentence.startsWith("lease b could not be applied: "))
                .hasSize(1);
        // What others do elsewhere is no reason to try again.
        Commands.script("ip link add d0 type dummy; ip link del d0");
        pause(NOTICED);
        assertThat(sentences()).hasSize(3);
        // The namespace of c does not matter to b, but the end of another lease may.
        leases.delete("a");
        awaitReady("b");
        assertThat(names()).containsExactly("b", "c");
    }

    @Test
    void whatAnAdministratorDeletesStaysDeletedUntilAllIsAppliedAgain() throws IOException {
        Commands.script("ip netns add late; ip netns add red");
        write("leases:\n" + lease("a", "late", "198.18.0.2/24") + lease("c", "red", "198.18.2.2/24"));
        start();
        leases.delete("a");
        awaitSentence(1, sentence -> sentence.startsWith("lease a was deleted by another program; "));
        try (Ops ops = Ops.open(NetworkNamespace.ofCaller())) {
            // It created both.
            ops.rollback();
        }
        awaitSentence(1, sentence -> sentence.startsWith("lease c was deleted by another program; "));
        pause(NOTICED);
        assertThat(names()).isEmpty();
        // A comment is no change.
        write("# web\nleases:\n" + lease("a", "late", "198.18.0.2/24") + lease("c", "red", "198.18.2.2/24"));
        pause(NOTICED);
        assertThat(names()).isEmpty();
        Commands.script("ip netns del red; ip netns add red");
        awaitReady("c");
        watch.reload();
        awaitReady("a");
    }

    @Test
    void aLeaseThatAnotherProgramManagesIsLeftAloneAsLongAsItExists() throws IOException {
        Commands.script("ip netns add late");
        try (NetworkNamespace late = NetworkNamespace.named("late")) {
            leases.create(LeaseSpec.of("qnic0", late)
                            .host("a")
                            .address(IpPrefix.parse("198.18.0.9/24"))
                            .owner("cni:net:container:eth0")
                            .build())
                    .keep();
        }
        write("leases:\n" + lease("a", "late", "198.18.0.2/24"));
        start();
        assertThat(sentences()).singleElement().asString().startsWith("lease a belongs to cni:net:container:eth0, ");
        assertThat(leases.find("a").orElseThrow().addresses()).containsExactly("198.18.0.9/24");
        leases.delete("a");
        awaitReady("a");
        assertThat(leases.find("a").orElseThrow().addresses()).containsExactly("198.18.0.2/24");
    }

    /** The guest deletes its device, again and again. */
    @Test
    void aGuestThatDeletesItsDeviceGetsNoOther() throws IOException {
        Commands.script("ip netns add late");
        write("leases:\n" + lease("a", "late", "198.18.0.2/24"));
        start();
        Commands.script("ip -n late link del nk0");
        awaitSentence(1, sentence -> sentence.startsWith("lease a is gone: "));
        pause(NOTICED);
        assertThat(leases.find("a").orElseThrow().status()).isEqualTo(Status.GONE);
        // More may be gone at a later look than at the first one.
        assertThat(sentences().getFirst()).startsWith("+ lease a: create, ");
        assertThat(sentences().subList(1, sentences().size()))
                .allSatisfy(sentence -> assertThat(sentence).startsWith("lease a is gone: "));
        watch.reload();
        awaitReady("a");
    }

    @Test
    void nothingIsChangedWhileAnApplyWaitsToBeConfirmed() throws IOException {
        Commands.script("ip netns add red");
        write("leases:\n" + lease("a", "late", "198.18.0.2/24"));
        start();
        try (Ops ops = Ops.open(NetworkNamespace.ofCaller())) {
            WantedState other = StateFilesTest.readAll("leases:\n" + lease("c", "red", "198.18.2.2/24"));
            ops.apply(other, Optional.of(Duration.ofMinutes(10)));
            awaitSentence(1, sentence -> sentence.startsWith("the last apply waits to be confirmed"));
            Commands.script("ip netns add late");
            pause(NOTICED);
            assertThat(names()).containsExactly("c");
            ops.confirm();
        }
        awaitReady("a");
        // The apply is another one's business until all is applied again.
        assertThat(names()).containsExactly("a", "c");
        watch.reload();
        await("the end of the other lease", () -> names().equals(List.of("a")));
    }

    @Test
    void settingsOfNicsAreAppliedAsFilesChange() throws IOException {
        write("nics: {qnic0: {rx-ring: 256}, none: {rx-ring: 256}}\n");
        start();
        assertThat(sentences()).contains("    rx-ring: 512 -> 256").anyMatch(s -> s.startsWith("nic none waits: "));
        write("nics: {qnic0: {rx-ring: 1000000000}}\n");
        awaitSentence(1, sentence -> sentence.startsWith("nic qnic0 could not be set: "));
        write("nics: {qnic0: {rx-ring: 512}}\n");
        awaitSentence(1, sentence -> sentence.equals("    rx-ring: 256 -> 512"));
    }

    @Test
    void onlyOneProcessWatches() throws IOException {
        write("leases: {}\n");
        start();
        assertThat(sentences()).isEmpty();
        Commands.Outcome second = Commands.outcome("target/qlease/bin/qlease", "watch", file().toString());
        assertThat(second.status()).isEqualTo(1);
        assertThat(second.output())
                .contains("qlease watch is running already, as process "
                        + ProcessHandle.current().pid());
        // Notifications of its own looks would make it look again.
        int now = looks();
        pause(NOTICED);
        assertThat(looks()).isEqualTo(now);
        assertThatThrownBy(() -> Commands.run("target/qlease/bin/qlease", "watch", "-"))
                .hasMessageContaining("standard input cannot be watched");
    }
}
