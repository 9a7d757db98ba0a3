package dev.qlease.cli.ncdevmem;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.Qlease;
import dev.qlease.cli.args.Pattern;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.devmem.ReceivePeer;
import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.FlowRule;
import dev.qlease.ethtool.Rings;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code qlease ncdevmem} by the emulated NIC; ci/conformance has the kernel's own tests of it. */
@Tag("vm")
@Timeout(300)
class NcdevmemVmTest {
    private static final String V4 = "192.0.2.1";

    private static int port = 5900;

    private record Ran(ExitCode exitCode, String out, String err) {}

    private record Settings(Rings rings, List<Integer> rss, List<FlowRule> rules) {
        static Settings now() {
            try (Ethtool ethtool = Ethtool.open();
                    Rtnetlink rtnetlink = Rtnetlink.open()) {
                int ifindex = rtnetlink.links().get("qnic0").ifindex();
                return new Settings(ethtool.rings(ifindex), ethtool.rss(ifindex).indir(), ethtool.flowRules("qnic0"));
            }
        }
    }

    private static Ran run(String letters) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ExitCode exitCode = new Qlease(new Output(out, err)).run(("ncdevmem " + letters).split(" "));
        return new Ran(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** Listens with these letters, sends {@code bytes} to it from the other port, and answers how it ended. */
    private static Ran received(String letters, byte[] bytes) throws Exception {
        int at = port++;
        CompletableFuture<Ran> ran = CompletableFuture.supplyAsync(
                () -> run("-l -f qnic0 -s " + V4 + " -p " + at + letters), ReceivePeer.THREADS);
        try (NetworkNamespace remote = NetworkNamespace.named("remote");
                SocketChannel peer = connect(remote, at, ran)) {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                peer.write(rest);
            }
        } catch (IOException e) {
            // It may end before it has all: what it says of that is looked at.
            assertThat(ran.get(60, TimeUnit.SECONDS).exitCode()).isEqualTo(ExitCode.FAILED);
        }
        return ran.get(60, TimeUnit.SECONDS);
    }

    private static SocketChannel connect(NetworkNamespace remote, int at, CompletableFuture<Ran> ran) throws Exception {
        while (!ran.isDone()) {
            try {
                return ReceivePeer.connect(remote, new InetSocketAddress(InetAddress.ofLiteral(V4), at));
            } catch (ConnectException e) {
                Thread.sleep(100);
            }
        }
        throw new AssertionError("it did not listen: " + ran.get());
    }

    private static byte[] pattern(int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        var source = new Pattern(7).source(length);
        while (bytes.hasRemaining()) {
            source.read(bytes);
        }
        return bytes.array();
    }

    @Test
    void itSetsTheNicUpReceivesAndPutsAllBack() throws Exception {
        Settings before = Settings.now();
        Ran ran = received(" -v 7 -L", pattern(500_003));
        assertThat(ran.exitCode()).as(ran.toString()).isEqualTo(ExitCode.DONE);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err())
                .contains("listening on 192.0.2.1:", ", qnic0 queues [3]\n")
                .contains(
                        "500003 bytes from 192.0.2.2:", ", 500003 of them in device memory, all matching the pattern");
        assertThat(Settings.now()).isEqualTo(before);
    }

    @Test
    void aByteThatDiffersIsAFailureAndAllIsPutBack() throws Exception {
        Settings before = Settings.now();
        byte[] bytes = pattern(70_000);
        bytes[66_666] = 0;
        Ran ran = received(" -v 7", bytes);
        assertThat(ran.exitCode()).as(ran.toString()).isEqualTo(ExitCode.FAILED);
        assertThat(ran.err()).contains("the byte at offset 66666 is 0, not ");
        assertThat(Settings.now()).isEqualTo(before);
    }

    @Test
    void aNicThatCanDoItIsTriedOut() {
        Settings before = Settings.now();
        Ran ran = run("-f qnic0");
        assertThat(ran.exitCode()).as(ran.toString()).isEqualTo(ExitCode.DONE);
        assertThat(ran.err()).contains("qnic0 can receive device memory on queues [2, 3]");
        assertThat(Settings.now()).isEqualTo(before);
        assertThat(run("-f lo").exitCode()).isNotEqualTo(ExitCode.DONE);
    }
}
