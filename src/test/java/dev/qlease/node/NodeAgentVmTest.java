package dev.qlease.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.qlease.cli.Qlease;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.devmem.ReceivePeer;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.ffi.libc.Libc;
import dev.qlease.fixture.WithoutCapabilities;
import dev.qlease.lease.Lease;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.QueueId;
import dev.qlease.netlink.GenericNetlink;
import dev.qlease.netlink.IpAddress;
import dev.qlease.node.BindingRefusedException.Reason;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.RouteSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import dev.qlease.rtnetlink.Sandbox;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Device memory for a process without privileges, in a network namespace with a lease of qnic0. */
@Tag("vm")
@Timeout(300)
class NodeAgentVmTest {
    private static final Path QLEASE = Path.of("target/qlease/bin/qlease").toAbsolutePath();
    private static final String ADDRESS = "2001:db8:2::2";
    private static final int PORT = 5390;
    private static final RouteSpec TO_GUEST =
            RouteSpec.to(IpPrefix.parse("2001:db8:2::/64")).via(IpAddress.parse("2001:db8:1::1"));
    private static final Path UDMABUF = Path.of("/dev/udmabuf");

    @TempDir
    private Path folder;

    private final Sandbox guest = Sandbox.create();
    private final Leases leases = Leases.open();
    private final NetworkNamespace remote = NetworkNamespace.named("remote");
    private Set<PosixFilePermission> ofUdmabuf;
    private Lease lease;

    @BeforeEach
    void open() throws IOException {
        ofUdmabuf = Files.getPosixFilePermissions(UDMABUF);
        Files.setPosixFilePermissions(UDMABUF, PosixFilePermissions.fromString("rw-rw-rw-"));
        try (Rtnetlink rtnetlink = Rtnetlink.open(remote)) {
            rtnetlink.routes().replace(TO_GUEST);
        }
        lease = leases.create(LeaseSpec.of("qnic0", guest.namespace())
                .address(IpPrefix.parse(ADDRESS + "/64"))
                .build());
    }

    @AfterEach
    void close() throws IOException {
        lease.close();
        try (Rtnetlink rtnetlink = Rtnetlink.open(remote)) {
            rtnetlink.routes().delete(TO_GUEST);
        }
        Files.setPosixFilePermissions(UDMABUF, ofUdmabuf);
        remote.close();
        leases.close();
        guest.close();
    }

    /** The id of the binding of the leased queue. */
    private OptionalInt bound() {
        try (Netdev netdev = Netdev.open(guest.namespace())) {
            return netdev.queue(lease.guestIfindex(), QueueId.rx(1)).dmabuf();
        }
    }

    private static void await(String what, Callable<Boolean> reached) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!reached.call()) {
            assertThat(System.nanoTime()).as("until " + what).isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    private Process start(String name, List<String> wrapper, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(wrapper);
        command.add(QLEASE.toString());
        command.addAll(List.of(arguments));
        ProcessBuilder process = new ProcessBuilder(command);
        process.environment().put("HOME", "/nonexistent");
        return process.redirectOutput(folder.resolve(name + ".out").toFile())
                .redirectError(folder.resolve(name + ".err").toFile())
                .start();
    }

    private String printed(String file) throws IOException {
        return Files.readString(folder.resolve(file));
    }

    private List<String> asNobody() {
        return List.of(
                "nsenter",
                "--net=/run/netns/" + guest.name(),
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "--inh-caps=-all",
                "--bounding-set=-all",
                "--no-new-privs");
    }

    private SocketChannel connect(Process receiver) throws Exception {
        InetSocketAddress to = new InetSocketAddress(InetAddress.ofLiteral(ADDRESS), PORT);
        while (receiver.isAlive()) {
            try {
                return ReceivePeer.connect(remote, to);
            } catch (ConnectException e) {
                Thread.sleep(100);
            }
        }
        throw new AssertionError("it did not listen: " + printed("receive.err") + printed("node.err"));
    }

    @Test
    void aProcessWithoutPrivilegesReceivesAndDoesNotNeedTheAgentAnyMore() throws Exception {
        assumeTrue(Files.isExecutable(QLEASE), "there is no " + QLEASE + ": mvn package makes it");
        byte[] bytes = ReceivePeer.bytes(2_000_003);
        int half = bytes.length / 2;
        Process agent = start("node", List.of(), "node", "--json");
        Process receiver = null;
        try {
            await("it listens", () -> Files.exists(PodBindings.SOCKET));
            receiver = start(
                    "receive",
                    asNobody(),
                    "receive",
                    "--dev=nk0",
                    "--listen=[" + ADDRESS + "]:" + PORT,
                    "--memory=udmabuf",
                    "--size=16M");
            try (SocketChannel peer = connect(receiver)) {
                peer.write(ByteBuffer.wrap(bytes, 0, half));
                assertThat(bound()).isPresent();
                agent.destroyForcibly().waitFor();
                ReceivePeer.send(peer, Arrays.copyOfRange(bytes, half, bytes.length), 1 << 16)
                        .get(60, TimeUnit.SECONDS);
                assertThat(receiver.waitFor(60, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(printed("receive.err"))
                    .contains("nk0 queues [1]", bytes.length + " bytes in device memory, 0 in ordinary memory");
            assertThat(receiver.exitValue()).isZero();
            assertThat(Files.readAllBytes(folder.resolve("receive.out"))).isEqualTo(bytes);
            await("the binding is gone", () -> bound().isEmpty());
            assertThat(printed("node.out"))
                    .contains("\"event\":\"bound\"", "\"uid\":65534", "\"device\":\"nk0\",\"queues\":[1]");
        } finally {
            agent.destroyForcibly().waitFor();
            if (receiver != null) {
                receiver.destroyForcibly().waitFor();
            }
            Files.deleteIfExists(PodBindings.SOCKET);
        }
    }

    private static Reason refused(Callable<?> request) {
        try {
            Object made = request.call();
            throw new AssertionError("it was not refused but is " + made);
        } catch (BindingRefusedException e) {
            return e.reason();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private Reason refused(LeasedQueues queues, Peer peer, FileDescriptor memory, String device, Integer... numbers) {
        return refused(
                () -> queues.bind(new Message.Bind(device, List.of(numbers), OptionalInt.empty()), memory, peer));
    }

    @Test
    void onlyLeasedQueuesAreBoundAndTheSocketAllowsNothingPrivileged() throws Exception {
        LeasedQueues queues = new LeasedQueues(leases);
        NetworkNamespace here = guest.namespace();
        assertThat(queues.hasLease(here.cookie())).isTrue();
        try (DmaBuf memory = Udmabuf.pages().allocate(1 << 20);
                Peer peer = new Peer(1, here.dup(), here.cookie());
                FileDescriptor noDmaBuf = FileDescriptor.open(Path.of("/proc/self/status"), Libc.O_RDONLY())) {
            FileDescriptor file = memory.descriptor();
            assertThat(refused(queues, peer, noDmaBuf, "nk0", 1)).isEqualTo(Reason.INVALID);
            assertThat(refused(queues, peer, file, "nk0", 0)).isEqualTo(Reason.NOT_LEASED);
            assertThat(refused(queues, peer, file, "nk0", 1, 2)).isEqualTo(Reason.NOT_LEASED);
            assertThat(refused(queues, peer, file, "lo")).isEqualTo(Reason.NOT_LEASED);
            assertThat(refused(queues, peer, file, "qnic0", 1)).isEqualTo(Reason.NOT_LEASED);
            Message.Bind all = new Message.Bind("nk0", List.of(), OptionalInt.empty());
            try (QueueAccess.Made made = queues.bind(all, file, peer)) {
                assertThat(made.reply())
                        .isEqualTo(new Message.Bound(bound().orElseThrow(), lease.guestIfindex(), List.of(1)));
                assertThat(refused(queues, peer, file, "nk0")).isEqualTo(Reason.IN_USE);
                allowsNothing(made.socket());
            }
            await("the binding is gone", () -> bound().isEmpty());
            lease.close();
            assertThat(refused(queues, peer, file, "nk0")).isEqualTo(Reason.NOT_LEASED);
            assertThat(queues.hasLease(here.cookie())).isFalse();
        }
    }

    /** bind-rx, napi-set and queue-create of netdev, and rings-set of ethtool, by the socket that holds the binding. */
    private void allowsNothing(FileDescriptor socket) {
        int netdev;
        int ethtool;
        try (GenericNetlink netlink = GenericNetlink.open(guest.namespace())) {
            netdev = netlink.family("netdev").id();
            ethtool = netlink.family("ethtool").id();
        }
        for (int[] request : new int[][] {{netdev, 13}, {netdev, 14}, {netdev, 16}, {ethtool, 16}}) {
            assertThat(HandedSocket.errno(socket, request[0], request[1]))
                    .as("command " + request[1] + " with capabilities")
                    .isEqualTo(Errno.EINVAL.number());
            assertThat(WithoutCapabilities.run(() -> HandedSocket.errno(socket, request[0], request[1])))
                    .as("command " + request[1] + " without capabilities")
                    .isEqualTo(Errno.EPERM.number());
        }
        assertThat(bound()).isPresent();
    }

    @Test
    void otherNamespacesAreRefusedAndWithoutAnAgentBothWaysAreNamed() throws Exception {
        List<NodeEvent> events = Collections.synchronizedList(new ArrayList<>());
        try (DmaBuf memory = Udmabuf.pages().allocate(1 << 20);
                Sandbox other = Sandbox.create();
                NodeAgent agent = NodeAgent.open(NetworkNamespace.ofCaller(), events::add)) {
            Thread running = Thread.ofPlatform().start(agent::run);
            Callable<?> request = () -> PodBindings.standard().bindRx("nk0", memory);
            assertThat(refused(request)).isEqualTo(Reason.NO_LEASE);
            assertThat(other.namespace().run(() -> refused(request))).isEqualTo(Reason.NO_LEASE);
            // A thread that was there for a moment does not make this process one of the guest.
            assertThat(guest.namespace().run(() -> refused(request))).isEqualTo(Reason.NOT_PROVEN);
            agent.stop();
            running.join();
        }
        assertThat(events)
                .extracting(event -> event.reason().orElseThrow())
                .containsExactly(Reason.NO_LEASE, Reason.NO_LEASE, Reason.NOT_PROVEN);
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ExitCode exitCode = guest.namespace()
                .run(() -> WithoutCapabilities.run(() -> new Qlease(new Output(new ByteArrayOutputStream(), err))
                        .run("receive", "--dev=nk0", "--listen=[" + ADDRESS + "]:" + PORT, "--memory=udmabuf")));
        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualTo("qlease: to receive device memory takes CAP_NET_ADMIN in this network namespace, or qlease"
                        + " node on the host with its directory /run/qlease/node mounted here: there is no "
                        + PodBindings.SOCKET + "\n");
        assertThat(exitCode).isEqualTo(ExitCode.NOT_PERMITTED);
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> {
                    try (DmaBuf memory = Udmabuf.pages().allocate(4096)) {
                        PodBindings.standard().bindRx("nk0", memory);
                    }
                })
                .satisfies(e -> assertThat(e.is(Errno.ENOENT)).isTrue());
    }
}
