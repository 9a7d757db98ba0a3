package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.fixture.Commands;
import dev.qlease.fixture.Commands.Outcome;
import dev.qlease.fixture.MachineState;
import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.rtnetlink.IpPrefix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing that others plant, hold or fill stops making or deleting leases, nor makes root do what they want. */
@Tag("vm")
class StateFilesVmTest extends LeaseScene {
    private static final Path STATE = Path.of("/run/qlease");
    private static final String NOBODY = "setpriv --reuid 65534 --regid 65534 --clear-groups ";
    private static final String QLEASE = "target/qlease/bin/qlease";

    /** Takes all locks that it can on all files that it can open. */
    private static final String HOLD = """
            import fcntl, os, time
            held = []
            for folder, _, names in os.walk('/run/qlease'):
                for name in names + ['.']:
                    try:
                        file = os.open(os.path.join(folder, name), os.O_RDONLY)
                        held.append(file)
                        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    except OSError:
                        pass
            print('ready', flush=True)
            time.sleep(600)
            """;

    @AfterEach
    void takeAwayWhatWasPlanted() {
        Commands.script("rm -rf /run/qlease.planted /run/fill");
    }

    private LeaseSpec second(Guest other) {
        return LeaseSpec.of("qnic0", other.netns())
                .address(IpPrefix.parse("198.18.0.3/24"))
                .host("ql1")
                .build();
    }

    /** The file of a lease. */
    private static Path file(String lease) throws IOException {
        try (Stream<Path> files = Files.walk(STATE)) {
            return files.filter(path -> path.getFileName().toString().startsWith(lease + ":"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void locksOfNobodyDoNotStopMakingOrDeleting() throws Exception {
        leases().create(guest().spec().build()).keep();
        Process holder = new ProcessBuilder(
                        Stream.concat(Stream.of(NOBODY.strip().split(" ")), Stream.of("python3", "-c", HOLD))
                                .toArray(String[]::new))
                .start();
        try (Guest other = Guest.create()) {
            assertThat(holder.inputReader().readLine()).isEqualTo("ready");
            leases().create(second(other)).close();
            leases().delete("ql0");
        } finally {
            holder.destroyForcibly().waitFor();
        }
    }

    /** What stands in the place of a lease's file, by a script with the file's name for F. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                ": >F",
                "truncate -s 40 F",
                "truncate -s -3 F",
                "truncate -s 2000000 F",
                "echo '{}' >F",
                "echo '[]' >F",
                "echo null >F",
                "head -c 2000 /dev/urandom >F",
                "sed -i 's/\"nic/\"kin/' F",
                "sed -i 's/\\(.*\\)\"[0-9T:-]*Z\"/\\1\"yesterday\"/' F",
                "sed -i 's/\\(ifindex\"[: ]*\\)[0-9]*/\\199999999999/I' F",
                "sed -i 's/\"undo\"/\"undone\"/' F",
                "sed -i 's/\"settings\"/\"Settings\"/' F",
                "sed -i '1s/{/{ \"phase\": \"READY\",/' F",
                "sed -i '1s/{/{ \"later\": 1,/' F",
                "echo '{}' >>F",
                "rm F; mkdir F",
                "rm F; mkfifo F",
                "mv F F.away; ln -s F.away F",
                "chown 65534 F",
                "chmod 666 F",
            })
    void aLeaseThatCannotBeReadIsOneRowAndNoMore(String damage) throws IOException {
        leases().create(guest().spec().build()).keep();
        try (Guest other = Guest.create();
                Guest third = Guest.create()) {
            leases().create(second(other)).keep();
            Path file = file("ql1");
            String saved = "/run/qlease-saved.json";
            Commands.run("cp", "-p", file.toString(), saved);
            try {
                Commands.script(damage.replace("F", file.toString()));
                List<LeaseInfo> list = leases().list();
                assertThat(list).extracting(LeaseInfo::name).containsExactly("ql0", "ql1");
                assertThat(list.getFirst().status()).isEqualTo(Status.READY);
                assertThat(list.getLast().status()).isEqualTo(Status.UNREADABLE);
                assertThat(list.getLast().problems()).isNotEmpty();
                leases().delete("ql0");
                leases().create(LeaseSpec.of("qnic0", third.netns())
                                .address(IpPrefix.parse("198.18.0.4/24"))
                                .build())
                        .close();
            } finally {
                Commands.script("rm -rf %1$s %1$s.away; mv %2$s %1$s".formatted(file, saved));
            }
            leases().delete("ql1");
        }
    }

    @Test
    void aFullFileSystemDoesNotStopDeleting() {
        leases().create(guest().spec().count(2).build()).keep();
        Commands.script(
                "mount -o remount,size=$(($(df --output=used -B1 /run | tail -1) + 2 * $(getconf PAGE_SIZE))) /run; "
                        + "dd if=/dev/zero of=/run/fill bs=4k status=none 2>/dev/null || true");
        try (Guest other = Guest.create()) {
            MachineState full = MachineState.read();
            assertThatThrownBy(() -> leases().create(second(other)))
                    .hasMessageContaining("No space left on device (ENOSPC)");
            assertThat(full.changesTo(MachineState.read())).isEmpty();
            leases().delete("ql0");
        } finally {
            Commands.script("rm -f /run/fill; mount -o remount,size=50% /run");
        }
        assertThat(leases().list()).isEmpty();
        before().assertRestored();
    }

    @ParameterizedTest
    @ValueSource(strings = {"000", "022", "077", "777"})
    void filesAreRootsAndReadableWhateverTheUmaskIs(String umask) {
        Commands.run("rm", "-rf", STATE.toString());
        Commands.script("umask %s; %s lease create --nic qnic0 --netns %s --address 198.18.0.2/24"
                .formatted(umask, QLEASE, guest().name()));
        assertThat(Commands.run("find", STATE.toString(), "(", "-perm", "/022", "-o", "!", "-uid", "0", ")"))
                .isEmpty();
        Outcome list = Commands.outcome("bash", "-c", NOBODY + QLEASE + " lease list");
        if (list.status() == 0) {
            assertThat(list.output()).contains("ql0", "198.18.0.2");
        } else {
            assertThat(list).extracting(Outcome::status).as(list.output()).isEqualTo(4);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "chmod 777 D, chmod 755 D",
        "chmod 775 D, chmod 755 D",
        "chmod 1777 D, chmod 755 D",
        "chown 65534 D, chown 0 D",
        "mv D D.planted; ln -s D.planted D, rm D; mv D.planted D",
    })
    void aDirectoryThatOthersCouldHaveWrittenIsNotTrusted(String planted, String undo) throws IOException {
        leases().create(guest().spec().build()).keep();
        try (Guest other = Guest.create()) {
            for (Path directory : List.of(STATE, file("ql0").getParent())) {
                Commands.script(planted.replace("D", directory.toString()));
                try {
                    assertRefused(() -> leases().create(second(other)), directory.toString());
                    assertRefused(() -> leases().delete("ql0"), directory.toString());
                } finally {
                    Commands.script(undo.replace("D", directory.toString()));
                }
            }
        }
        assertThat(leases().find("ql0").orElseThrow().status()).isEqualTo(Status.READY);
    }

    @Test
    void thoseWhoMayNotReadAreToldSo() {
        leases().create(guest().spec().build()).keep();
        Commands.run("chmod", "700", STATE.toString());
        try {
            for (String command : List.of("lease list", "lease list --json", "lease show ql0", "lease verify ql0")) {
                Outcome outcome = Commands.outcome("bash", "-c", NOBODY + QLEASE + " " + command);
                assertThat(outcome)
                        .extracting(Outcome::status)
                        .as(outcome.output())
                        .isEqualTo(4);
                assertThat(outcome.output()).contains("Permission denied").doesNotContain("no leases", "[]");
            }
        } finally {
            Commands.run("chmod", "755", STATE.toString());
        }
    }

    /** The kernel's own words, for what stands where the directory should. */
    @ParameterizedTest
    @CsvSource({
        "mount -t tmpfs -o mode=755 none D; mount -o remount -r D, umount D, Read-only file system (EROFS)",
        "mount -t tmpfs -o mode=755 none D; mount -o remount -o size=$(getconf PAGE_SIZE) D; cat /dev/zero >D/fill || true, "
                + "umount D, No space left on device (ENOSPC)",
    })
    void errorsOfFilesHaveTheKernelsWords(String planted, String undo, String words) {
        Commands.script("mkdir -p D; ".concat(planted).replace("D", STATE.toString()));
        try {
            assertThatThrownBy(() -> leases().create(guest().spec().build()))
                    .hasMessageContaining(words)
                    .hasMessageNotContaining("EIO");
            before().assertRestored();
        } finally {
            Commands.script(undo.replace("D", STATE.toString()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo text >D", "ln -s /run/nowhere D", "mkfifo D", "ln -s /tmp D"})
    void whatIsNoDirectoryIsNamed(String planted) {
        Commands.script("rm -rf D; ".concat(planted).replace("D", STATE.toString()));
        try {
            assertRefused(() -> leases().create(guest().spec().build()), STATE.toString());
            assertRefused(() -> leases().list(), STATE.toString());
        } finally {
            Commands.run("rm", "-f", STATE.toString());
        }
    }

    @Test
    void ourPlaceInTheBpfFileSystemIsRoots() {
        try (Lease lease = leases().create(guest().spec().build())) {
            assertThat(lease.queues()).hasSize(1);
            String places =
                    Commands.run("find", "/sys/fs/bpf", "-mindepth", "1", "-maxdepth", "1", "-printf", "%y %m %U %f\n");
            assertThat(places.lines()).isNotEmpty().allMatch(line -> line.startsWith("d 700 0 "));
        }
    }

    @Test
    void whatNobodyPlantsInTheBpfFileSystemIsNoObstacle() {
        leases().create(guest().spec().build()).keep();
        List<String> places = Commands.run("find", "/sys/fs/bpf", "-mindepth", "1", "-printf", "%P\n")
                .lines()
                .toList();
        leases().delete("ql0");
        assertThat(places).isNotEmpty();
        Commands.script("umount /sys/fs/bpf; mount -t bpf bpf /sys/fs/bpf");
        for (String place : places) {
            Commands.outcome("bash", "-c", NOBODY + "mkdir -p /sys/fs/bpf/" + place);
        }
        try (Lease lease = leases().create(guest().spec().build())) {
            assertThat(lease.queues()).hasSize(1);
            assertThat(Commands.run("bpftool", "net", "show")).contains("qlease_wire", "qlease_stack", "qlease_guest");
        } finally {
            Commands.script("umount /sys/fs/bpf; mount -t bpf bpf /sys/fs/bpf");
        }
    }

    @Test
    void aLeaseWhosePinsCannotBeTrustedIsNotSaidToBeDeleted() {
        leases().create(guest().spec().build()).keep();
        Commands.run("chmod", "755", "/sys/fs/bpf/qlease");
        try {
            assertThatThrownBy(() -> leases().delete("ql0"))
                    .isInstanceOf(LeaseException.class)
                    .hasMessageContaining("/sys/fs/bpf/qlease");
            assertThat(leases().find("ql0").orElseThrow().status()).isEqualTo(Status.INCOMPLETE);
        } finally {
            Commands.run("chmod", "700", "/sys/fs/bpf/qlease");
        }
        leases().delete("ql0");
        assertThat(Commands.run("bpftool", "net", "show")).doesNotContain("qlease");
    }

    @Test
    void whoHasMountsOfHisOwnDoesNotSayWhatHeCannotSee() {
        String without = "umount -l /sys/fs/bpf; exec target/qlease/bin/qlease ";
        leases().create(guest().spec().build()).keep();
        for (String command : List.of("lease verify ql0", "lease delete ql0")) {
            Outcome outcome = Commands.outcome("unshare", "-m", "bash", "-c", without + command);
            assertThat(outcome.status()).as(outcome.output()).isNotZero();
            assertThat(outcome.output()).contains("mounts of its own");
        }
        leases().delete("ql0");
        assertThat(Commands.run("bpftool", "net", "show")).doesNotContain("qlease");
        String create = "lease create --nic qnic0 --address 198.18.0.2/24 --netns " + guest().name();
        Outcome refused = Commands.outcome("unshare", "-m", "bash", "-c", without + create);
        assertThat(refused.status()).as(refused.output()).isEqualTo(3);
        assertThat(refused.output()).contains("mounts of its own", "--netns");
        assertThat(leases().list()).isEmpty();
        leases().create(LeaseSpec.of("qnic0", guest().netns())
                        .redirect(Redirect.NONE)
                        .single()
                        .build())
                .keep();
        String delete = "lease delete " + leases().list().getFirst().name();
        assertThat(Commands.run("unshare", "-m", "bash", "-c", without + delete))
                .contains("deleted");
        assertThat(leases().list()).isEmpty();
    }

    @Test
    void aBpfFileSystemThatWeMountIsRoots() {
        Commands.run("umount", "/sys/fs/bpf");
        try (Lease lease = leases().create(guest().spec().build())) {
            assertThat(lease.queues()).hasSize(1);
            assertThat(Commands.run("stat", "-c", "%a %u", "/sys/fs/bpf").strip())
                    .isEqualTo("1700 0");
        } finally {
            Commands.script("umount /sys/fs/bpf || true; mount -t bpf bpf /sys/fs/bpf");
        }
    }
}
