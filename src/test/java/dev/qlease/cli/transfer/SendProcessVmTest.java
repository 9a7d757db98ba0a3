package dev.qlease.cli.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.qlease.devmem.Nic;
import dev.qlease.devmem.Receiver;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code qlease send} as a process of its own, as its users run it: what comes by a pipe, and what ends it. */
@Tag("vm")
@Timeout(900)
class SendProcessVmTest {
    private static final Path QLEASE = Path.of("target/qlease/bin/qlease");
    private static final int KILLS = 100;

    /** How many run at the same time, since it is starting them that takes the time. */
    private static final int AT_ONCE = 2;

    @TempDir
    private Path folder;

    @BeforeAll
    static void takeThePackagedCommand() {
        assumeTrue(Files.isExecutable(QLEASE), "there is no " + QLEASE + ": mvn package makes it");
    }

    @AfterEach
    void nothingIsLeft() throws InterruptedException {
        assertThat(Nic.awaitNothingHeld().dmaBufs()).as("dma-bufs").isZero();
    }

    private Process start(Receiver receiver, String... more) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(QLEASE.toString(), "send", "--dev", "qnic0", "--to", receiver.text(), "--memory", "udmabuf"));
        command.addAll(List.of(more));
        return new ProcessBuilder(command)
                .redirectError(folder.resolve("err").toFile())
                .redirectOutput(folder.resolve("out").toFile())
                .start();
    }

    private String printed(String stream) throws IOException {
        return Files.readString(folder.resolve(stream));
    }

    @Test
    void aPipeIsSentToItsEnd() throws Exception {
        byte[] bytes = new byte[3_000_001];
        new Random(4).nextBytes(bytes);
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS6)) {
            Process process = start(receiver, "--json");
            try (OutputStream in = process.getOutputStream()) {
                in.write(bytes);
            }
            assertThat(receiver.received())
                    .isEqualTo(new Receiver.Received(bytes.length, Receiver.sha256(bytes), true));
            assertThat(process.waitFor()).isZero();
            assertThat(printed("err")).isEmpty();
            assertThat(printed("out")).startsWith("{\"bytes\":3000001,").contains("\"memory\":\"udmabuf\"");
        }
    }

    @Test
    void whatComesSlowlyIsNotKeptBackAndASignalEndsItWithHowFarItCame() throws Exception {
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS4)) {
            Process process = start(receiver, "-");
            receiver.awaitConnection();
            OutputStream in = process.getOutputStream();
            long before = Nic.statistic("tx_unreadable_bytes");
            in.write(new byte[1234]);
            in.flush();
            while (Nic.statistic("tx_unreadable_bytes") < before + 1234) {
                Thread.sleep(20);
            }
            Thread.sleep(200);
            process.toHandle().destroy();
            assertThat(process.waitFor()).isEqualTo(128 + 15);
            assertThat(printed("err"))
                    .isEqualTo("qlease: interrupted: the peer acknowledged 1234 of the 1234 bytes sent\n");
            assertThat(printed("out")).isEmpty();
            Receiver.Received received = receiver.received();
            assertThat(received.bytes()).isEqualTo(1234);
            assertThat(received.whole()).isFalse();
        }
    }

    @Test
    void whenItIsKilledAtAnyMomentNothingIsLeft() throws Exception {
        Random random = new Random(9);
        Thread[] killers = new Thread[AT_ONCE];
        List<Throwable> failures = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            long seed = random.nextLong();
            killers[i] = Thread.ofPlatform().start(() -> {
                try {
                    killSome(new Random(seed));
                } catch (Exception | AssertionError e) {
                    synchronized (failures) {
                        failures.add(e);
                    }
                }
            });
        }
        for (Thread killer : killers) {
            killer.join();
        }
        assertThat(failures).isEmpty();
        assertThat(Nic.awaitNothingHeld()).satisfies(held -> {
            assertThat(held.dmaBufs()).isZero();
            assertThat(held.readable()).isLessThan(1 << 20);
        });
        aPipeIsSentToItsEnd();
    }

    private void killSome(Random random) throws Exception {
        for (int i = 0; i < KILLS / AT_ONCE; i++) {
            try (Receiver receiver = Receiver.listen(i % 2 == 0 ? Receiver.ADDRESS4 : Receiver.ADDRESS6)) {
                Process process = start(receiver, "/dev/zero");
                if (i % 5 > 0) {
                    receiver.awaitConnection();
                }
                Thread.sleep(random.nextInt(1000));
                process.destroyForcibly();
                assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
                assertThat(process.exitValue()).isEqualTo(128 + 9);
                if (i % 5 > 0) {
                    Receiver.Received received = receiver.received();
                    assertThat(received.bytes() > 0 && received.whole())
                            .as("whether %s looks like all", received)
                            .isFalse();
                }
            }
        }
    }
}
