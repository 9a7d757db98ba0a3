package dev.qlease.testcontainers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.devmem.ReceivePeer;
import dev.qlease.devmem.RxBinding;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;

/** Device memory from and to a container, by the command in it, and what the peer outside has of it. */
final class ContainerTraffic {
    /** Where a container receives. */
    static final int PORT = 5301;

    private final Path work;
    private final Peer peer;

    /**
     * @param work the folder that containers have as /data
     */
    ContainerTraffic(Path work, Peer peer) {
        this.work = work;
        this.peer = peer;
    }

    /** Runs the command in {@code container} and waits for its end. */
    static ExecResult qlease(GenericContainer<?> container, String... arguments) {
        List<String> command = new ArrayList<>(List.of(GuestImage.HOME + "/bin/qlease"));
        command.addAll(List.of(arguments));
        return run(container, command.toArray(String[]::new));
    }

    private static ExecResult run(GenericContainer<?> container, String... command) {
        try {
            return container.execInContainer(command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As {@link #qlease}, without waiting. */
    static CompletableFuture<ExecResult> start(GenericContainer<?> container, String... arguments) {
        return CompletableFuture.supplyAsync(() -> qlease(container, arguments), ReceivePeer.THREADS);
    }

    /** Receives what {@code guest} is sent. */
    static CompletableFuture<ExecResult> startReceiving(GenericContainer<?> container, String guest, String out) {
        return start(
                container,
                "receive",
                "--dev",
                "nk0",
                "--listen",
                guest + ":" + PORT,
                "--memory",
                "udmabuf",
                "--out",
                out,
                "--json");
    }

    /** Runs {@link Inside} in {@code container}, which listens as {@code guest}. */
    static CompletableFuture<ExecResult> startInside(GenericContainer<?> container, String guest) {
        String[] command = {
            System.getProperty("java.home") + "/bin/java",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            GuestImage.HOME + "/lib/*:" + GuestImage.classes(),
            Inside.class.getName(),
            guest,
            Integer.toString(PORT),
            "nk0"
        };
        return CompletableFuture.supplyAsync(() -> run(container, command), ReceivePeer.THREADS);
    }

    /** What {@link Inside} says that it was sent, read from the memory of {@code binding}. */
    static byte[] read(ExecResult inside, RxBinding binding) {
        assertThat(inside.getExitCode()).as(inside.toString()).isZero();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String line : inside.getStdout().lines().toList()) {
            String[] piece = line.split(" ");
            assertThat(piece[0]).as("the binding").isEqualTo(Integer.toString(binding.id()));
            byte[] bytes = new byte[Integer.parseInt(piece[2])];
            binding.dmaBuf().memory().read(Long.parseLong(piece[1]), MemorySegment.ofArray(bytes));
            all.writeBytes(bytes);
        }
        return all.toByteArray();
    }

    /** All that the first who connects sends. */
    static CompletableFuture<byte[]> accept(ServerSocketChannel server) {
        return CompletableFuture.supplyAsync(() -> readAll(server), ReceivePeer.THREADS);
    }

    /** Sends {@code bytes} from the container; the peer has to get them, and the kernel to have copied nothing. */
    void send(GenericContainer<?> container, byte[] bytes) throws Exception {
        Files.write(work.resolve("bytes"), bytes);
        try (ServerSocketChannel server = peer.listen()) {
            CompletableFuture<byte[]> received = accept(server);
            ExecResult sent =
                    qlease(container, "send", "--dev", "nk0", "--to", Peer.text(server), "--json", "/data/bytes");
            assertThat(sent.getExitCode()).as(sent.toString()).isZero();
            assertThat(sent.getStdout()).contains("\"bytes\":" + bytes.length + ",", "\"copied\":0");
            assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(bytes);
        }
    }

    private static byte[] readAll(ServerSocketChannel server) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (SocketChannel connection = server.accept()) {
            Channels.newInputStream(connection).transferTo(all);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all.toByteArray();
    }

    /** Sends {@code bytes} to the container, which has to get all of them into device memory. */
    void receive(GenericContainer<?> container, String guest, byte[] bytes) throws Exception {
        receive(startReceiving(container, guest, "/data/" + guest), guest, bytes);
    }

    /** As the other one, where {@link #startReceiving} has begun, to a file of the guest's name. */
    void receive(CompletableFuture<ExecResult> receiving, String guest, byte[] bytes) throws Exception {
        try (SocketChannel connection = peer.connect(guest, PORT, receiving)) {
            ReceivePeer.send(connection, bytes, 1 << 16).get(60, TimeUnit.SECONDS);
            ExecResult received = receiving.get(60, TimeUnit.SECONDS);
            assertThat(received.getExitCode()).as(received.toString()).isZero();
            assertThat(received.getStdout()).contains("\"dmabuf-bytes\":" + bytes.length + ",\"linear-bytes\":0");
        }
        assertThat(Files.readAllBytes(work.resolve(guest))).isEqualTo(bytes);
    }
}
