package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.qlease.rtnetlink.Sandbox;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Ten thousand virtual threads on as many connections over loopback, in a process that has two carriers for them and
 * can have no more. Of every four connections two are active, the third never sends, and the fourth does not read what
 * it has asked for.
 */
@Tag("host")
@Timeout(300)
class ManyVirtualThreadsHostTest {
    private static final int CONNECTIONS = 10_000;
    private static final int ROUNDS = 3;

    /** What each of the two processes has open beside its end of the connections, at most. */
    private static final int OTHER_FILES = 1_000;

    /** The JVM's own threads, two carriers, and those that wait and complete for the virtual ones. */
    private static final int MOST_THREADS = 40;

    private final Sandbox sandbox = Sandbox.create();
    private final List<SocketChannel> peers = new ArrayList<>();
    private Process process;
    private BufferedReader output;

    @BeforeEach
    void connect() throws IOException {
        assumeTrue(
                mostFiles() >= CONNECTIONS + OTHER_FILES,
                "RLIMIT_NOFILE allows " + mostFiles() + " descriptors, and " + (CONNECTIONS + OTHER_FILES)
                        + " are needed: ulimit -Hn");
        sandbox.rtnl().links().up(1);
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Djdk.virtualThreadScheduler.parallelism=2",
                        "-Djdk.virtualThreadScheduler.maxPoolSize=2",
                        "-cp",
                        System.getProperty("java.class.path"),
                        VirtualThreadWorker.class.getName(),
                        sandbox.name(),
                        Integer.toString(CONNECTIONS))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        output = process.inputReader();
        int port = Integer.parseInt(output.readLine());
        InetSocketAddress server = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
        int connected = sandbox.namespace().run(() -> {
            while (peers.size() < CONNECTIONS) {
                peers.add(connect(server));
            }
            return peers.size();
        });
        assertThat(connected).isEqualTo(CONNECTIONS);
    }

    private static SocketChannel connect(InetSocketAddress server) {
        try {
            SocketChannel peer = SocketChannel.open();
            peer.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
            peer.connect(server);
            return peer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The hard limit, which the JVM takes for its soft one. */
    private static long mostFiles() throws IOException {
        var limit = Pattern.compile("^Max open files +\\S+ +(\\S+)", Pattern.MULTILINE)
                .matcher(Files.readString(Path.of("/proc/self/limits")));
        assertThat(limit.find()).isTrue();
        return limit.group(1).equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(limit.group(1));
    }

    @AfterEach
    void close() throws Exception {
        for (SocketChannel peer : peers) {
            peer.close();
        }
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
        sandbox.close();
    }

    private String state() throws IOException {
        process.getOutputStream().write("state\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        return output.readLine();
    }

    private void awaitCompleted(int count) throws Exception {
        String state = state();
        while (!state.startsWith(count + " completed") && state.endsWith("failed {}")) {
            Thread.sleep(20);
            state = state();
        }
        assertThat(state).startsWith(count + " completed").endsWith("failed {}");
        int threads = Integer.parseInt(state.replaceAll(".* (\\d+) threads.*", "$1"));
        assertThat(threads).isLessThan(MOST_THREADS);
    }

    private static void write(SocketChannel peer, byte first) throws IOException {
        ByteBuffer message = ByteBuffer.allocate(VirtualThreadWorker.MESSAGE).put(0, first);
        while (message.hasRemaining()) {
            peer.write(message);
        }
    }

    private static void read(SocketChannel peer, int length) throws IOException {
        ByteBuffer answer = ByteBuffer.allocate(length);
        while (answer.hasRemaining()) {
            assertThat(peer.read(answer)).isPositive();
        }
    }

    private static void end(SocketChannel peer) throws IOException {
        peer.shutdownOutput();
        assertThat(peer.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }

    private List<SocketChannel> every4th(int from) {
        List<SocketChannel> some = new ArrayList<>();
        for (int i = from; i < CONNECTIONS; i += 4) {
            some.add(peers.get(i));
        }
        return some;
    }

    @Test
    void halfOfThemStalledTheOthersCompleteAndThenTheStalledOnes() throws Exception {
        List<SocketChannel> active = every4th(0);
        active.addAll(every4th(1));
        List<SocketChannel> silent = every4th(2);
        List<SocketChannel> deaf = every4th(3);
        for (SocketChannel peer : deaf) {
            write(peer, VirtualThreadWorker.BULK_WANTED);
        }
        for (int round = 0; round < ROUNDS; round++) {
            for (SocketChannel peer : active) {
                write(peer, (byte) 0);
            }
            for (SocketChannel peer : active) {
                read(peer, VirtualThreadWorker.MESSAGE);
            }
        }
        for (SocketChannel peer : active) {
            end(peer);
        }
        awaitCompleted(CONNECTIONS / 2);
        for (SocketChannel peer : deaf) {
            read(peer, VirtualThreadWorker.BULK);
            end(peer);
        }
        awaitCompleted(3 * CONNECTIONS / 4);
        for (SocketChannel peer : silent) {
            write(peer, (byte) 0);
            read(peer, VirtualThreadWorker.MESSAGE);
            end(peer);
        }
        awaitCompleted(CONNECTIONS);
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }
}
