package dev.qlease.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.MessageSocket;
import dev.qlease.node.BindingRefusedException.Reason;
import dev.qlease.node.NodeAgent.Limits;
import dev.qlease.node.NodeEvent.Kind;
import dev.qlease.rtnetlink.Sandbox;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The agent towards clients of every kind, with a stand-in for the queues: what matters here are the sockets. */
@Tag("host")
@Timeout(60)
class NodeAgentHostTest {
    private static final byte[] REQUEST = new Message.Bind("nk0", List.of(1), OptionalInt.empty()).bytes();
    private static final String HEX = HexFormat.of().formatHex(REQUEST);

    @TempDir
    private Path directory;

    private final BlockingQueue<NodeEvent> events = new LinkedBlockingQueue<>();
    private final long here = NetworkNamespace.ofCaller().cookie();
    private final StandInQueues queues = new StandInQueues(here);
    private NodeAgent agent;
    private Thread running;

    @BeforeEach
    void start() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        start(new Limits(6, 4, Duration.ofSeconds(1)));
    }

    private void start(Limits limits) {
        agent = NodeAgent.open(queues, limits, directory.resolve("node"), events::add);
        running = Thread.ofPlatform().start(agent::run);
    }

    @AfterEach
    void stop() throws InterruptedException {
        queues.go();
        agent.stop();
        running.join();
        agent.close();
    }

    private static long soon() {
        return Events.deadlineAfter(Duration.ofSeconds(20));
    }

    private PodBindings client() {
        return PodBindings.at(agent.socket(), Duration.ofSeconds(20));
    }

    private static FileDescriptor memory() {
        return FileDescriptor.open(Path.of("/dev/null"), Libc.O_RDWR());
    }

    private static long openFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    /** Waits until no more files are open than before: what earlier tests left may be closed meanwhile. */
    private void awaitOpenFiles(long most) throws Exception {
        long deadline = soon();
        while (openFiles() > most && Events.nanosUntil(deadline) > 0) {
            Thread.sleep(10);
        }
        assertThat(openFiles()).isLessThanOrEqualTo(most);
    }

    private NodeEvent event() throws InterruptedException {
        NodeEvent event = events.poll(20, TimeUnit.SECONDS);
        assertThat(event).isNotNull();
        return event;
    }

    private void bind() throws InterruptedException {
        try (FileDescriptor memory = memory()) {
            PodBindings.Bound bound = client().request(REQUEST, memory, soon());
            try (FileDescriptor socket = bound.socket()) {
                assertThat(bound.reply()).isEqualTo(new Message.Bound(42, 7, List.of(1)));
                assertThat(Path.of("/proc/self/fd", Integer.toString(socket.number())))
                        .satisfies(
                                file -> assertThat(Files.readSymbolicLink(file)).isEqualTo(StandInQueues.GIVEN));
            }
        }
    }

    private Reason refused(byte[] request) throws InterruptedException {
        try (FileDescriptor memory = memory()) {
            client().request(request, memory, soon()).socket().close();
            throw new AssertionError("it was not refused");
        } catch (BindingRefusedException e) {
            NodeEvent event = event();
            assertThat(event.kind()).isEqualTo(Kind.REFUSED);
            assertThat(event.reason()).contains(e.reason());
            return e.reason();
        }
    }

    /** A connection to which the agent has replied that it is ready. */
    private MessageSocket ready() {
        MessageSocket socket = MessageSocket.connect(agent.socket(), soon());
        assertThat(reply(socket)).contains(new Message.Ready());
        return socket;
    }

    /** What comes next; empty for the end. */
    private static Optional<Message> reply(MessageSocket socket) {
        ByteBuffer data =
                socket.receive(Message.MOST_BYTES, soon()).orElseThrow().data();
        return data.hasRemaining() ? Optional.of(Message.of(data)) : Optional.empty();
    }

    @Test
    void aRequestIsServedAndLeavesNothingOpen() throws Exception {
        bind();
        assertThat(event()).satisfies(event -> {
            assertThat(event.kind()).isEqualTo(Kind.BOUND);
            assertThat(event.pid()).isEqualTo((int) ProcessHandle.current().pid());
            assertThat(event.netns()).isEqualTo(here);
            assertThat(event.lease()).isEqualTo("ql0");
            assertThat(event.binding()).hasValue(42);
        });
        Thread.sleep(200);
        long before = openFiles();
        for (int i = 0; i < 50; i++) {
            bind();
        }
        awaitOpenFiles(before);
    }

    @Test
    void anyUserMayConnectAndOnlyTheOwnerMayReplaceIt() throws Exception {
        assertThat(Files.getAttribute(agent.socket(), "unix:mode")).isEqualTo(0140666);
        assertThat(Files.getAttribute(agent.socket().getParent(), "unix:mode")).isEqualTo(0040755);
        assertThat(Files.getAttribute(directory.resolve("node.lock"), "unix:mode"))
                .isEqualTo(0100600);
    }

    @Test
    void garbageIsRefusedAndLeavesNothingOpen() throws Exception {
        bind();
        Thread.sleep(200);
        events.clear();
        long before = openFiles();
        Random random = new Random(3);
        for (int i = 0; i < EventLog.MOST - 1; i++) {
            byte[] bytes = new byte[1 + random.nextInt(2000)];
            random.nextBytes(bytes);
            assertThat(refused(bytes)).isEqualTo(Reason.INVALID);
        }
        assertThat(refused(new Message.Ready().bytes())).isEqualTo(Reason.INVALID);
        awaitOpenFiles(before);
        bind();
    }

    @Test
    void aFaultOfTheAgentIsReportedAndNotItsEnd() throws Exception {
        assertThat(refused(new Message.Bind(StandInQueues.FAULT, List.of(), OptionalInt.empty()).bytes()))
                .isEqualTo(Reason.FAILED);
        assertThat(event().kind()).isEqualTo(Kind.PROBLEM);
        bind();
    }

    @Test
    void aRequestWithoutADescriptorAndOneWithManyAreRefused() throws Exception {
        try (MessageSocket none = ready()) {
            none.send(REQUEST, null);
            assertThat(reply(none))
                    .contains(new Message.Refused(Reason.INVALID, "no descriptor came with the request"));
        }
        long before = openFiles();
        Process many = new ProcessBuilder("python3", "-c", """
                import socket, sys
                s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                s.connect(sys.argv[1])
                s.recv(99)
                socket.send_fds(s, [bytes.fromhex(sys.argv[2])], [0] * 50)
                print(s.recv(999)[12:].decode())
                """, agent.socket().toString(), HEX)
                .redirectErrorStream(true)
                .start();
        assertThat(new String(many.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("several descriptors came with it");
        many.waitFor();
        bind();
        awaitOpenFiles(before);
    }

    @Test
    void aClientCannotSendADescriptorBeforeItIsKnownToHaveALease() throws Exception {
        try (Sandbox other = Sandbox.create();
                FileDescriptor memory = memory()) {
            MessageSocket socket = other.namespace().run(() -> MessageSocket.connect(agent.socket(), soon()));
            try (socket) {
                assertThatThrownBy(() -> socket.send(REQUEST, memory))
                        .isInstanceOfSatisfying(
                                LinuxException.class,
                                e -> assertThat(e.errno()).isIn(Optional.of(Errno.EPERM), Optional.of(Errno.EPIPE)));
                assertThat(reply(socket))
                        .get()
                        .isInstanceOfSatisfying(
                                Message.Refused.class,
                                refused -> assertThat(refused.reason()).isEqualTo(Reason.NO_LEASE));
            }
            assertThat(event().netns()).isEqualTo(other.namespace().cookie());
        }
    }

    /** The stand-in admits the namespace of the connection, and the process is in another one. */
    @Test
    void aProcessThatIsNotInTheNamespaceOfItsSocketIsRefused() throws Exception {
        try (Sandbox other = Sandbox.create()) {
            Process moved = new ProcessBuilder(
                            "python3", "-c", """
                    import ctypes, os, socket, sys
                    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                    s.connect(sys.argv[1])
                    s.recv(99)
                    fd = os.open("/run/netns/" + sys.argv[3], os.O_RDONLY)
                    assert ctypes.CDLL(None).setns(fd, 0x40000000) == 0
                    socket.send_fds(s, [bytes.fromhex(sys.argv[2])], [0])
                    print(s.recv(999)[12:].decode())
                    """, agent.socket().toString(), HEX, other.name())
                    .redirectErrorStream(true)
                    .start();
            assertThat(new String(moved.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("is not in the network namespace in which its socket was opened");
            moved.waitFor();
            assertThat(event().reason()).contains(Reason.NOT_PROVEN);
        }
    }

    @Test
    void aProcessThatHasEndedIsRefused() throws Exception {
        Process sender = new ProcessBuilder("python3", "-c", """
                import os, socket, sys
                s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                s.connect(sys.argv[1])
                s.recv(99)
                socket.send_fds(s, [bytes.fromhex(sys.argv[2])], [0])
                """, agent.socket().toString(), HEX)
                .redirectErrorStream(true)
                .start();
        queues.hold();
        assertThat(sender.waitFor()).isZero();
        queues.go();
        assertThat(event().reason()).contains(Reason.NOT_PROVEN);
    }

    @Test
    void whoStallsIsCutOffAndKeepsOutNoOthers() throws Exception {
        List<MessageSocket> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                stalled.add(ready());
            }
            assertThat(tryToBind()).isEqualTo(Optional.of(Reason.BUSY));
            // Those of another namespace are still heard, as far as they have a lease.
            try (Sandbox other = Sandbox.create();
                    MessageSocket socket = other.namespace().run(() -> MessageSocket.connect(agent.socket(), soon()))) {
                assertThat(reply(socket))
                        .get()
                        .isInstanceOfSatisfying(
                                Message.Refused.class,
                                refused -> assertThat(refused.reason()).isEqualTo(Reason.NO_LEASE));
            }
            for (MessageSocket socket : stalled) {
                assertThat(reply(socket)).contains(new Message.Refused(Reason.INVALID, "no request came in time"));
                assertThat(reply(socket)).isEmpty();
            }
            bind();
        } finally {
            stalled.forEach(MessageSocket::close);
        }
    }

    /** Closing such a file blocks the thread that closes it, until the file's owner ends. */
    @Test
    void filesThatBlockTakeOnlyTheThreadsOfTheirOwnNamespace() throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/fuse")), "there is no /dev/fuse");
        Path target = Files.createFile(directory.resolve("target"));
        Process guest = new ProcessBuilder(
                        "unshare",
                        "--mount",
                        "python3",
                        "src/test/resources/node/blocking-file.py",
                        target.toString(),
                        agent.socket().toString(),
                        HEX,
                        "4")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(guest.inputReader().readLine()).isEqualTo("sent");
            assertThat(tryToBind()).isEqualTo(Optional.of(Reason.BUSY));
            try (Sandbox other = Sandbox.create();
                    MessageSocket socket = other.namespace().run(() -> MessageSocket.connect(agent.socket(), soon()))) {
                assertThat(reply(socket)).get().isInstanceOf(Message.Refused.class);
            }
        } finally {
            guest.getOutputStream().close();
            assertThat(guest.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
        long deadline = soon();
        while (tryToBind().isPresent() && Events.nanosUntil(deadline) > 0) {
            Thread.sleep(50);
        }
        bind();
    }

    /** Why a request is refused, if it is. */
    private Optional<Reason> tryToBind() {
        try (FileDescriptor memory = memory()) {
            client().request(REQUEST, memory, soon()).socket().close();
            return Optional.empty();
        } catch (BindingRefusedException e) {
            return Optional.of(e.reason());
        }
    }

    @Test
    void aNewAgentTakesThePlaceAndAStoppedOneLeavesNone() throws Exception {
        Path socket = agent.socket();
        MessageSocket waiting = ready();
        agent.stop();
        running.join();
        agent.close();
        assertThat(reply(waiting)).isNotEqualTo(Optional.of(new Message.Ready()));
        waiting.close();
        assertThat(socket).doesNotExist();
        // As an agent that was killed leaves them.
        MessageSocket.listen(socket, 0600).close();
        MessageSocket.listen(socket.resolveSibling("bindings.sock.new"), 0600).close();
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> MessageSocket.connect(socket, soon()))
                .satisfies(e -> assertThat(e.errno()).contains(Errno.ECONNREFUSED));
        start(Limits.STANDARD);
        bind();
    }

    @Test
    void theTimeToReplyIsBounded() throws Exception {
        queues.hold();
        try (FileDescriptor memory = memory()) {
            assertThatExceptionOfType(LinuxException.class)
                    .isThrownBy(() -> PodBindings.at(agent.socket(), Duration.ofMillis(300))
                            .request(REQUEST, memory, Events.deadlineAfter(Duration.ofMillis(300))))
                    .satisfies(e -> assertThat(e.errno()).contains(Errno.ETIMEDOUT));
        }
        queues.go();
        assertThat(event().reason()).contains(Reason.NOT_PROVEN);
    }
}
