package dev.qlease.cli.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.LeasedGuest;
import dev.qlease.cli.Qlease;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.devmem.Nic;
import dev.qlease.devmem.Receiver;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.fixture.Commands;
import dev.qlease.linux.sys.Memory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code qlease send} by the emulated NIC itself, and by a netkit guest that has leased one of its queues. */
@Tag("vm")
@Tag("pages")
@Timeout(300)
class SendVmTest {
    private static final int LARGE = 100_000_000;

    @TempDir
    private static Path folder;

    private static byte[] bytes;

    @BeforeAll
    static void makeBytes() {
        bytes = new byte[1 << 20];
        new Random(3).nextBytes(bytes);
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        Nic.calm();
        assertThat(Nic.awaitNothingHeld())
                .as("dma-bufs, and bytes that the NIC can read")
                .satisfies(held -> {
                    assertThat(held.dmaBufs()).isZero();
                    assertThat(held.readable()).isLessThan(1 << 20);
                });
    }

    private record Ran(ExitCode exitCode, String out, String err) {}

    private static Ran send(String... options) {
        List<String> all = new ArrayList<>(List.of("send"));
        all.addAll(List.of(options));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ExitCode exitCode = new Qlease(new Output(out, err)).run(all.toArray(String[]::new));
        return new Ran(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static String file(byte[] content) throws IOException {
        Path file = Files.createTempFile(folder, "send", "");
        Files.write(file, content);
        return file.toString();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4095, 4096, 4097, 65_537})
    void aFileOfAnySizeArrives(int size) throws Exception {
        byte[] content = Arrays.copyOf(bytes, size);
        for (String address : List.of(Receiver.ADDRESS4, Receiver.ADDRESS6)) {
            try (Receiver receiver = Receiver.listen(address)) {
                Ran ran = send("--dev", "qnic0", "--to", receiver.text(), file(content), "--json");
                assertThat(ran.err()).isEmpty();
                assertThat(ran.exitCode()).isEqualTo(ExitCode.DONE);
                assertThat(ran.out())
                        .contains("\"bytes\":" + size + ",", "\"copied\":0", "\"ifname\":\"qnic0\"")
                        .endsWith("}\n");
                assertThat(receiver.received()).isEqualTo(new Receiver.Received(size, Receiver.sha256(content), true));
            }
        }
    }

    @Test
    void aHundredMegabytesArriveThroughAGuestThatHasLeasedAQueue() throws Exception {
        byte[] large = new byte[LARGE];
        new Random(8).nextBytes(large);
        String file = file(large);
        long before = Nic.statistic("tx_unreadable_bytes");
        try (LeasedGuest guest = LeasedGuest.create(true);
                Receiver receiver = Receiver.listen(Receiver.ADDRESS6)) {
            Ran ran = send(guest.options("--to", receiver.text(), "--memory", "udmabuf", file));
            assertThat(ran.err()).isEmpty();
            assertThat(ran.exitCode()).isEqualTo(ExitCode.DONE);
            assertThat(ran.out())
                    .startsWith(LARGE + " bytes to [2001:db8:1::2]:")
                    .contains(
                            " with nkg in ",
                            "memory: udmabuf, a dma-buf of 4194304 bytes in chunks of 262144, binding ");
            assertThat(receiver.received()).isEqualTo(new Receiver.Received(LARGE, Receiver.sha256(large), true));
        } finally {
            Files.delete(Path.of(file));
        }
        assertThat(Nic.statistic("tx_unreadable_bytes")).isGreaterThanOrEqualTo(before + LARGE);
    }

    @Test
    void aGuestSendsByIpv4Too() throws Exception {
        try (LeasedGuest guest = LeasedGuest.create(true);
                Receiver receiver = Receiver.listen(Receiver.ADDRESS4)) {
            Ran ran = send(guest.options("--to", receiver.text(), file(bytes)));
            assertThat(ran.err()).isEmpty();
            assertThat(receiver.received().sha256()).isEqualTo(Receiver.sha256(bytes));
        }
    }

    @Test
    void aGuestWithoutALeaseIsToldToGetOne() throws Exception {
        try (LeasedGuest guest = LeasedGuest.create(false)) {
            Ran ran = send(guest.options("--to", "[2001:db8:1::2]:9", file(bytes)));
            assertThat(ran.exitCode()).isEqualTo(ExitCode.UNSUPPORTED);
            assertThat(ran.err())
                    .startsWith(
                            "qlease: nkg cannot send device memory: bind-tx: No DMA-capable device found for netmem TX")
                    .contains("lease a queue of a NIC to it first");
        }
    }

    @Test
    void aGuestThatGoesAwayEndsTheSendingAtOnce() throws Exception {
        Path endless = Path.of("/dev/zero");
        try (LeasedGuest guest = LeasedGuest.create(true);
                Receiver receiver = Receiver.listen(Receiver.ADDRESS6)) {
            Thread deleting = Thread.ofPlatform().start(() -> {
                try {
                    receiver.awaitConnection();
                    Thread.sleep(1000);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                guest.deleteLink();
            });
            Ran ran = send(guest.options("--to", receiver.text(), endless.toString()));
            deleting.join();
            assertThat(ran.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
            assertThat(ran.err())
                    .startsWith("qlease: device nkg was removed during the transfer; the peer acknowledged ");
        }
    }

    @Test
    void aPeerThatEndsTheConnectionIsToldWithHowFarItCame() throws Exception {
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS4, 65_536, Duration.ZERO, 300_000)) {
            Ran ran = send("--dev", "qnic0", "--to", receiver.text(), file(Arrays.copyOf(bytes, bytes.length)));
            assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(ran.out()).isEmpty();
            assertThat(ran.err())
                    .contains("the peer closed the connection; the peer acknowledged ")
                    .containsPattern("acknowledged [3-9]\\d{5} of the \\d+ bytes sent");
        }
    }

    @Test
    void aPeerThatTakesNothingIsGivenUp() throws Exception {
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS4, 4096, Duration.ofSeconds(60), Long.MAX_VALUE)) {
            String file = file(Arrays.copyOf(bytes, 15_000));
            Ran ran = send("--dev", "qnic0", "--to", receiver.text(), "--timeout", "2", file);
            assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(ran.err())
                    .startsWith("qlease: the peer has stalled: no progress for 2.0 s; the peer acknowledged ")
                    .endsWith("wait longer with --timeout\n");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--dev qnic0 --to 192.0.2.2:9 | FAILED | connect to 192.0.2.2:9: Connection refused (ECONNREFUSED); no socket",
                "--dev qnic0 --to 203.0.113.9:9 | FAILED | connect to 203.0.113.9:9: ",
                "--dev qnic0 --to 192.0.2.77:9 --timeout 0.5 | FAILED | connect to 192.0.2.77:9: Connection timed out",
                "--dev lo --to 127.0.0.1:9 | UNSUPPORTED | lo cannot send device memory: bind-tx: Driver does not support",
                "--dev nix --to 127.0.0.1:9 | NOT_FOUND | no device \"nix\" in this network namespace",
                "--dev lo --to 127.0.0.1:9 --netns nix | NOT_FOUND | no network namespace \"nix\"",
                "--dev qnic0 --to 192.0.2.2:9 --memory dma-heap:nix | UNSUPPORTED | dma-buf of 4194304 bytes: no provider",
                "--dev qnic0 --to 192.0.2.2:9 --memory drm:/dev/dri/card99 | UNSUPPORTED | dma-buf of 4194304 bytes",
                "--dev qnic0 --to 192.0.2.2:9 --memory udmabuf --size 100G | FAILED | a dma-buf of 100G is more than the ",
                "--dev qnic0 --to 192.0.2.2:9 /nix | FAILED | /nix (No such file or directory)",
                "--dev qnic0 --to 192.0.2.2:9 /proc | FAILED | /proc (Is a directory)"
            })
    void whatCannotBeIsSaidInOneSentence(String options, ExitCode exitCode, String sentence) throws Exception {
        List<String> all = new ArrayList<>(List.of(options.split(" ")));
        if (!options.contains(" /")) {
            all.add(file(bytes));
        }
        Ran ran = send(all.toArray(String[]::new));
        assertThat(ran.err()).startsWith("qlease: ").contains(sentence).hasLineCount(1);
        assertThat(ran.exitCode()).isEqualTo(exitCode);
        assertThat(ran.out()).isEmpty();
    }

    @Test
    void aDmaBufThatWasHandedInIsSentThrough() throws Exception {
        try (DmaBuf dmaBuf = Udmabuf.pages().allocate(65_536);
                Receiver receiver = Receiver.listen(Receiver.ADDRESS6)) {
            String memory = "fd:" + dmaBuf.descriptor().number();
            Ran ran = send("--dev", "qnic0", "--to", receiver.text(), "--memory", memory, file(bytes));
            assertThat(ran.err()).isEmpty();
            assertThat(ran.out())
                    .contains("memory: " + memory + ", a dma-buf of 65536 bytes in chunks of 16384, binding ");
            assertThat(receiver.received().sha256()).isEqualTo(Receiver.sha256(bytes));
            Ran larger =
                    send("--dev", "qnic0", "--to", "192.0.2.2:9", "--memory", memory, "--size", "65537", file(bytes));
            assertThat(larger.err()).contains(memory + ": the dma-buf has 65536 bytes, but 65537 are needed");
        }
    }

    /** As with Debian's kernels for arm64; the directories are hidden where the kernel has them. */
    @Test
    void withoutCardAndDmaHeapUdmabufIsTakenAndThatIsSaid() throws Exception {
        String directories = "for d in /dev/dri /dev/dma_heap; do [ ! -d $d ] || ";
        Commands.script(directories + "mount -t tmpfs none $d; done");
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS4)) {
            Ran ran = send("--dev", "qnic0", "--to", receiver.text(), "--memory", "auto", file(bytes));
            assertThat(ran.err()).isEmpty();
            assertThat(ran.out())
                    .contains("memory: udmabuf, a dma-buf of ")
                    .containsPattern("  not dma-heap system: .*there is no /dev/dma_heap/system")
                    .containsPattern("  not drm: .*there is no card below /dev/dri");
            assertThat(receiver.received().sha256()).isEqualTo(Receiver.sha256(bytes));
        } finally {
            Commands.script(directories + "umount $d; done");
        }
    }

    @Test
    void aSizeIsRoundedUpToWholePagesAndThatIsSaid() throws Exception {
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS4)) {
            long page = Memory.pageSize();
            String size = Long.toString(page + 1);
            Ran ran =
                    send("--dev", "qnic0", "--to", receiver.text(), "--memory", "udmabuf", "--size", size, file(bytes));
            assertThat(ran.err())
                    .isEqualTo("qlease: --size " + size + " is rounded up to " + 2 * page
                            + ": dma-bufs of udmabuf consist of whole pages\n");
            assertThat(ran.out()).contains("a dma-buf of " + 2 * page + " bytes in chunks of " + (page / 4 + 1));
            assertThat(receiver.received().sha256()).isEqualTo(Receiver.sha256(bytes));
        }
    }

    @Test
    void aLinkLocalAddressIsOneOfTheDevice() throws Exception {
        Ran ran = send("--dev", "qnic0", "--to", "[fe80::1]:9", "--timeout", "0.5", file(bytes));
        assertThat(ran.err()).doesNotContain("EINVAL").contains("connect to [fe80::1]:9: ");
    }
}
