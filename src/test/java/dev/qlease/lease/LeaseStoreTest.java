package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.KernelText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeaseStoreTest {
    private static final NicId NIC = new NicId(
            "eth0", 2, Optional.of("02:00:00:00:00:01"), Optional.of("pci/0000:01:00.0"), OptionalLong.of(4711));

    @TempDir
    private Path directory;

    private Path root;
    private LeaseStore store;

    @BeforeEach
    void open() {
        root = directory.resolve("state");
        store = new LeaseStore(root);
    }

    private static LeaseRecord lease(String name, Undo... undo) {
        return lease(name, NIC, "/run/netns/blue", undo);
    }

    private static LeaseRecord lease(String name, NicId nic, String netns, Undo... undo) {
        return new LeaseRecord(
                LeaseId.random(),
                name,
                LeaseRecord.Phase.READY,
                "boot",
                -42,
                nic,
                netns,
                43,
                44,
                false,
                5,
                "nk0",
                7,
                List.of(new LeasedQueue(3, 1), new LeasedQueue(2, 2)),
                List.of("192.0.2.9/24"),
                List.of("198.51.100.0/24"),
                List.of(443),
                Redirect.FORWARD,
                "l3",
                false,
                OptionalInt.of(256),
                Instant.parse("2026-01-02T03:04:05Z"),
                OptionalLong.of(3),
                List.of(undo),
                List.of("-42:2:rss-table"),
                Optional.of("cni:net:c1:eth0"));
    }

    private LeaseRecord save(LeaseRecord lease) {
        store.locked(() -> {
            store.save(lease);
            return true;
        });
        return lease;
    }

    private Path file(LeaseRecord lease) {
        return root.resolve("leases").resolve(lease.name() + ":" + lease.id() + ".json");
    }

    @Test
    void everyKindOfUndoIsReadAsItWasWritten() {
        LeaseRecord written = lease(
                "ql0",
                new Undo.Netkit(),
                new Undo.Programs(),
                new Undo.FlowRule("2001:db8::1", OptionalLong.of(443)),
                new Undo.RssContext(List.of(0, 1)));
        assertThat(written.undo().stream().map(Object::getClass).distinct())
                .hasSize(Undo.class.getPermittedSubclasses().length);
        save(written);
        assertThat(store.leases()).containsExactly(new LeaseStore.Known(written));
    }

    /** Leases outlive an upgrade of the package. */
    @Test
    void aRecordOfAVersionWithoutOwnersIsReadAndHasNone() throws IOException {
        LeaseRecord written = save(lease("ql0"));
        String text = Files.readString(file(written));
        String owner = ",\\s*\"owner\" : \"cni:net:c1:eth0\"";
        assertThat(text).containsPattern(owner);
        Files.writeString(file(written), text.replaceFirst(owner, ""));
        assertThat(store.records()).singleElement().satisfies(read -> {
            assertThat(read.id()).isEqualTo(written.id());
            assertThat(read.owner()).isEmpty();
        });
    }

    @Test
    void aReservationIsReadAsItWasWrittenAndNeedsAnOwner() throws IOException {
        LeaseRecord lease = lease("ql0");
        LeaseSpec spec;
        try (NetworkNamespace here = NetworkNamespace.current()) {
            spec = LeaseSpec.of("eth0", here)
                    .redirect(Redirect.NONE)
                    .owner("cni:net:c1:eth0")
                    .build();
        }
        LeaseRecord written = save(LeaseRecord.reservation(
                LeaseId.random(), "qr0", "boot", -42, NIC, spec, List.of(2, 3), List.of("-42:2:rss-table")));
        assertThat(store.leases()).containsExactly(new LeaseStore.Known(written));
        assertThat(written.isReservation()).isTrue();
        assertThat(written.isReservedFor(lease.owner())).isTrue();
        assertThat(written.isReservedFor(Optional.of("another"))).isFalse();
        assertThat(lease.isReservation()).isFalse();
        assertThat(lease.isLeaseOf(written)).isTrue();

        String text = Files.readString(file(written));
        Files.writeString(file(written), text.replaceFirst(",\\s*\"owner\" : \"cni:net:c1:eth0\"", ""));
        assertThat(store.leases())
                .singleElement()
                .isInstanceOfSatisfying(
                        LeaseStore.Unreadable.class,
                        unreadable -> assertThat(unreadable.because()).contains("a reservation an owner"));
    }

    @Test
    void aSettingIsReadAsItWasWritten() {
        ChangedSetting setting = new ChangedSetting(Setting.RX_RING, "boot", -42, NIC, "512", List.of("64")).set("128");
        store.locked(() -> {
            store.save(setting);
            return true;
        });
        assertThat(store.settings(_ -> {})).containsExactly(setting);
        assertThat(setting.set()).containsExactly("64", "128");
    }

    @Test
    void settingsOfADeviceAreTheSameUnderAnyName() {
        NicId renamed = new NicId("lan0", 3, NIC.permanentAddress(), NIC.bus(), NIC.instance());
        NicId another = new NicId("eth0", 2, NIC.permanentAddress(), NIC.bus(), OptionalLong.of(4712));
        String key = ChangedSetting.key(Setting.NTUPLE, -42, NIC);
        assertThat(ChangedSetting.key(Setting.NTUPLE, -42, renamed)).isEqualTo(key);
        assertThat(ChangedSetting.key(Setting.NTUPLE, -42, another)).isNotEqualTo(key);
        assertThat(Stream.of(Setting.values()).map(setting -> ChangedSetting.key(setting, -42, NIC)))
                .doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(strings = {"shared", "settings", "leases", "lock", "a.json", "..x", "%$(id)", "ql0.new", "-", "a\\b"})
    void noNameOfALeaseIsAnotherFiles(String name) {
        LeaseRecord other = save(lease("ql0"));
        LeaseRecord odd = save(lease(name));
        assertThat(store.records()).containsExactlyInAnyOrder(other, odd);
        store.locked(() -> {
            store.remove(odd.name(), odd.id());
            return true;
        });
        assertThat(store.records()).containsExactly(other);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "3",
                "{\"id\": 3}",
                "{\"name\": \"ql1\", \"undo\": [{\"undo\": \"OfALaterVersion\"}]}",
                "\u0000"
            })
    void aFileThatIsNoLeaseIsOneUnreadableLease(String text) throws IOException {
        LeaseRecord good = save(lease("ql0"));
        LeaseRecord bad = save(lease("ql1"));
        Files.writeString(file(bad), text);
        assertThat(store.records()).containsExactly(good);
        assertUnreadable(bad);
    }

    @ParameterizedTest
    @CsvSource({
        "2026-01-02T03:04:05Z, yesterday",
        "\"guest-ifindex\" : 7, \"guest-ifindex\" : 99999999999",
        "\"guest-ifindex\" : 7, \"guest-ifindex\" : true",
        "READY, ASLEEP",
        "FlowRule, NoSuchUndo",
        "\"name\" : \"ql1\", \"name\" : \"a/b\""
    })
    void valuesThatNoLeaseHasAreUnreadable(String was, String is) throws IOException {
        LeaseRecord bad = save(lease("ql1", new Undo.FlowRule("192.0.2.9", OptionalLong.empty())));
        String text = Files.readString(file(bad));
        assertThat(text).contains(was);
        Files.writeString(file(bad), text.replace(was, is));
        assertUnreadable(bad);
    }

    private void assertUnreadable(LeaseRecord lease) {
        assertThat(store.leases().stream().filter(LeaseStore.Unreadable.class::isInstance))
                .singleElement()
                .isInstanceOfSatisfying(LeaseStore.Unreadable.class, unreadable -> {
                    assertThat(unreadable.name()).isEqualTo(lease.name());
                    assertThat(unreadable.id()).isEqualTo(lease.id());
                    assertThat(unreadable.because()).contains(file(lease).toString());
                });
    }

    @Test
    void aFileOfAnotherKindIsUnreadableAndNotWaitedFor() throws Exception {
        LeaseRecord lease = save(lease("ql1"));
        Files.delete(file(lease));
        assertThat(new ProcessBuilder("mkfifo", file(lease).toString()).start().waitFor())
                .isZero();
        assertUnreadable(lease);
        Files.delete(file(lease));
        Files.createDirectory(file(lease));
        assertUnreadable(lease);
        Files.delete(file(lease));
        Files.createSymbolicLink(file(lease), Path.of("/etc/hostname"));
        assertUnreadable(lease);
    }

    @Test
    void aFileThatOthersMayWriteIsUnreadable() throws IOException {
        LeaseRecord lease = save(lease("ql1"));
        Files.setPosixFilePermissions(file(lease), PosixFilePermissions.fromString("rw-rw-rw-"));
        assertUnreadable(lease);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "leases"})
    void aDirectoryThatOthersMayWriteIsRefused(String name) throws IOException {
        save(lease("ql0"));
        Files.setPosixFilePermissions(root.resolve(name), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> save(lease("ql1")))
                .isInstanceOf(LeaseRefusedException.class)
                .hasMessageContaining(root.resolve(name) + " can be written by others (mode 777)")
                .hasMessageContaining("chmod go-w");
    }

    @Test
    void modesDoNotFollowTheUmask() throws Exception {
        for (String umask : List.of("000", "077", "777")) {
            Path where = directory.resolve("umask" + umask);
            assertThat(save("umask " + umask, where)).isZero();
            assertThat(mode(where)).isEqualTo("rwxr-xr-x");
            assertThat(mode(where.resolve("leases"))).isEqualTo("rwxr-xr-x");
            assertThat(mode(where.resolve("lock"))).isEqualTo("rw-------");
            try (Stream<Path> files = Files.list(where.resolve("leases"))) {
                assertThat(files.map(LeaseStoreTest::mode)).containsExactly("rw-r--r--");
            }
        }
    }

    /** Runs {@link Saving} in a process of its own, after the shell's command {@code setting}. */
    private static int save(String setting, Path where) throws Exception {
        Process process = new ProcessBuilder(
                        "sh",
                        "-c",
                        setting + "; exec \"$@\"",
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Saving.class.getName(),
                        where.toString())
                .inheritIO()
                .start();
        return process.waitFor();
    }

    @Test
    void aRecordThatMayNotBeWrittenLeavesNothing() throws Exception {
        assertThat(save("ulimit -f 0", root)).isEqualTo(1);
        assertThat(root.resolve("leases")).isEmptyDirectory();
        assertThat(save("true", root)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"C", "POSIX", "C.UTF-8"})
    void namesAreTheSameInEveryLocale(String locale) throws Exception {
        store.locked(() -> true);
        Files.createFile(root.resolve("leases").resolve(KernelText.path(Saving.ODD + ":0123456789abcdef.json")));
        Files.createFile(root.resolve("settings").resolve(KernelText.path(Saving.ODD + ".json")));
        assertThat(save("export LC_ALL=" + locale, root)).isZero();
        Saving.check(store);
        assertThat(store.leases()).hasSize(2);
    }

    private static String mode(Path path) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** A program that saves a lease of odd names, and reads what is there. */
    static final class Saving {
        static final String ODD = "caf\u00e9\udcff";

        private Saving() {}

        public static void main(String[] args) {
            LeaseStore store = new LeaseStore(Path.of(args[0]));
            store.locked(() -> {
                store.save(lease(
                        "ql0",
                        new NicId(ODD, 2, NIC.permanentAddress(), NIC.bus(), NIC.instance()),
                        "/run/netns/" + ODD));
                return true;
            });
            check(store);
        }

        static void check(LeaseStore store) {
            assertThat(store.records()).singleElement().satisfies(lease -> {
                assertThat(lease.nic().name()).isEqualTo(ODD);
                assertThat(lease.netns()).isEqualTo("/run/netns/" + ODD);
            });
            for (LeaseStore.Stored lease : store.leases()) {
                if (lease instanceof LeaseStore.Unreadable unreadable) {
                    assertThat(unreadable.name()).isEqualTo(ODD);
                    assertThat(unreadable.because()).contains("/leases/" + ODD + ":0123456789abcdef.json: ");
                }
            }
            List<String> unreadable = new ArrayList<>();
            assertThat(store.settings(unreadable::add)).isEmpty();
            assertThat(unreadable).allSatisfy(why -> assertThat(why).contains("/settings/" + ODD + ".json: "));
        }
    }

    @Test
    void theLockIsWaitedForABoundedTimeAndItsHolderNamed() throws Exception {
        save(lease("ql0"));
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Thread holder = Thread.ofPlatform()
                .start(() -> store.locked(() -> {
                    held.countDown();
                    return await(end);
                }));
        held.await();
        LeaseStore impatient = new LeaseStore(root, Duration.ofMillis(200));
        assertThatThrownBy(() -> impatient.locked(() -> true))
                .isInstanceOf(LeaseRefusedException.class)
                .hasMessageContaining("another thread of this process")
                .hasMessageContaining(root.resolve("lock").toString());
        end.countDown();
        holder.join();
        assertThat(impatient.locked(() -> true)).isTrue();
    }

    private static boolean await(CountDownLatch latch) {
        try {
            latch.await();
            return true;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theLockIsTakenOnAnInterruptedThreadWhichStaysInterrupted() {
        Thread.currentThread().interrupt();
        try {
            assertThat(store.locked(() -> Thread.currentThread().isInterrupted()))
                    .isTrue();
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void nothingIsThereWhereNoLeaseWasEverMade() {
        assertThat(store.leases()).isEmpty();
        assertThat(store.settings(_ -> {})).isEmpty();
        assertThat(root).doesNotExist();
    }
}
