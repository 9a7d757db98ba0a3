package dev.qlease.testcontainers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.dockerjava.api.model.Capability;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.ReceivePeer;
import dev.qlease.devmem.RxBinding;
import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.lease.Lease;
import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.lease.LeasedQueue;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netdev.DmaBufBinding;
import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueId;
import dev.qlease.netdev.QueueType;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.launcher.listeners.TestExecutionSummary;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;

/** Real containers that have nothing but a leased queue. */
@Tag("containers")
@Timeout(300)
class LeasedContainersTest {
    private static final String FIRST = "198.18.0.2";
    private static final String SECOND = "198.18.0.3";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** The command's exit code. */
    private static final int NOT_PERMITTED = 4;

    @RegisterExtension
    static final QueueLeaseExtension LEASES = QueueLeaseExtension.ofProperty();

    @TempDir
    private Path work;

    private String deferMax;
    private Peer peer;
    private ContainerTraffic traffic;

    @BeforeEach
    void open() throws IOException {
        // A container in a user namespace writes there as somebody else.
        Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxrwxrwx"));
        deferMax = NicView.deferMax("0");
        peer = Peer.of(LEASES.nic());
        traffic = new ContainerTraffic(work, peer);
    }

    @AfterEach
    void close() throws IOException {
        NicView.deferMax(deferMax);
        // There is none where the test was skipped for the lack of it.
        if (peer != null) {
            peer.close();
        }
    }

    private GenericContainer<?> started(Capability... capabilities) throws IOException {
        GenericContainer<?> container = GuestImage.container(work, capabilities);
        container.start();
        return container;
    }

    @Test
    void aContainerWithoutAnyPrivilegeSends() throws Exception {
        try (GenericContainer<?> container = started()) {
            LEASES.lease(container, FIRST + "/24");
            traffic.send(container, ReceivePeer.bytes(1_000_003));
        }
    }

    @Test
    void aContainerWithoutAnyPrivilegeReceivesByQueuesThatWereBoundOutside() throws Exception {
        byte[] bytes = ReceivePeer.bytes(500_009);
        try (GenericContainer<?> container = started();
                NetworkNamespace netns = ContainerLeases.netns(container);
                DmaBuf memory = Udmabuf.pages().allocate(16 << 20)) {
            Lease lease = LEASES.lease(container, FIRST + "/24");
            ExecResult refused = ContainerTraffic.startReceiving(container, FIRST, "/dev/null")
                    .get(60, TimeUnit.SECONDS);
            assertThat(refused.getExitCode()).as(refused.toString()).isEqualTo(NOT_PERMITTED);
            assertThat(refused.getStderr()).contains("EPERM");
            try (RxBinding binding = RxBinding.bind(netns, lease.guestIfindex(), memory, queues(lease))) {
                CompletableFuture<ExecResult> receiving = ContainerTraffic.startInside(container, FIRST);
                try (SocketChannel connection = peer.connect(FIRST, ContainerTraffic.PORT, receiving)) {
                    ReceivePeer.send(connection, bytes, 1 << 16).get(60, TimeUnit.SECONDS);
                    assertThat(ContainerTraffic.read(receiving.get(60, TimeUnit.SECONDS), binding))
                            .isEqualTo(bytes);
                }
            }
        }
    }

    private static List<Integer> queues(Lease lease) {
        return lease.queues().stream().map(LeasedQueue::guest).toList();
    }

    @Test
    void aContainerThatMayBindReceivesByItself() throws Exception {
        try (GenericContainer<?> container = started(Capability.NET_ADMIN)) {
            LEASES.lease(container, FIRST + "/24");
            traffic.receive(container, FIRST, ReceivePeer.bytes(1_000_003));
        }
    }

    @Test
    void aContainerInAUserNamespaceOfItsOwnSendsAndReceives() throws Exception {
        Assumptions.assumeTrue(
                GuestImage.engine().versionCmd().exec().getComponents().stream()
                        .anyMatch(component -> component.getName().contains("Podman")),
                "docker maps the users of all containers or of none; podman those of one");
        try (GenericContainer<?> container = GuestImage.container(work, Capability.NET_ADMIN)) {
            container.withCreateContainerCmdModifier(
                    create -> Objects.requireNonNull(create.getHostConfig()).withUsernsMode("auto"));
            container.start();
            assertThat(container.execInContainer("cat", "/proc/self/uid_map").getStdout())
                    .as("the users of this machine")
                    .doesNotContain("4294967295");
            LEASES.lease(container, FIRST + "/24");
            traffic.send(container, ReceivePeer.bytes(300_007));
            traffic.receive(container, FIRST, ReceivePeer.bytes(400_009));
        }
    }

    @Test
    void twoContainersWithQueuesOfOneNicDoNotReachEachOther() throws Exception {
        try (GenericContainer<?> first = started(Capability.NET_ADMIN);
                GenericContainer<?> second = started(Capability.NET_ADMIN);
                NetworkNamespace one = ContainerLeases.netns(first);
                NetworkNamespace other = ContainerLeases.netns(second)) {
            Lease lease = LEASES.lease(first, FIRST + "/24");
            Lease another = LEASES.lease(second, SECOND + "/24");
            assertThat(another.queues().getFirst().nic())
                    .isNotEqualTo(lease.queues().getFirst().nic());
            eachReceivesOnlyItsOwn(first, second, other);
            noneSeesAnothersQueue(other, another);
            noneSendsFromAnothersBinding(one, lease, other);
        }
    }

    /** Both receive at once; while the first does, nothing comes to the second. */
    private void eachReceivesOnlyItsOwn(GenericContainer<?> first, GenericContainer<?> second, NetworkNamespace other)
            throws Exception {
        CompletableFuture<ExecResult> firstReceives = ContainerTraffic.startReceiving(first, FIRST, "/data/" + FIRST);
        CompletableFuture<ExecResult> secondReceives =
                ContainerTraffic.startReceiving(second, SECOND, "/data/" + SECOND);
        long before = received(other);
        traffic.receive(firstReceives, FIRST, ReceivePeer.bytes(700_001));
        assertThat(received(other) - before)
                .as("bytes that came to the other one, such as neighbour discovery")
                .isLessThan(10_000);
        traffic.receive(secondReceives, SECOND, ReceivePeer.bytes(800_003));
    }

    private static long received(NetworkNamespace netns) {
        try (Rtnetlink rtnetlink = Rtnetlink.open(netns)) {
            return rtnetlink.links().get("nk0").stats64().orElseThrow().rxBytes();
        }
    }

    /** The second one has its own queue and no other; neither the NIC nor another's device is there to be asked for. */
    private static void noneSeesAnothersQueue(NetworkNamespace other, Lease another) {
        try (Rtnetlink rtnetlink = Rtnetlink.open(other);
                Netdev netdev = Netdev.open(other);
                DmaBuf memory = Udmabuf.pages().allocate(1 << 20)) {
            assertThat(rtnetlink.links().list()).extracting(Link::ifname).containsExactlyInAnyOrder("lo", "nk0");
            assertThat(netdev.queues())
                    .filteredOn(queue -> queue.type().equals(QueueType.RX))
                    .filteredOn(queue -> queue.ifindex() == another.guestIfindex())
                    .extracting(Queue::id)
                    .containsExactlyInAnyOrder(0, queues(another).getFirst());
            int next = queues(another).getFirst() + 1;
            assertThatThrownBy(() -> DmaBufBinding.rx(
                            other,
                            another.guestIfindex(),
                            memory.descriptor(),
                            List.of(QueueId.rx(next)),
                            OptionalInt.empty()))
                    .isInstanceOf(LinuxException.class);
            assertThat(netdev.pagePools())
                    .as("page pools of others")
                    .allMatch(pool -> pool.ifindex().equals(OptionalInt.of(another.guestIfindex())));
        }
    }

    /** The numbers of bindings are the machine's: who guesses one of another container gets nothing by it. */
    private void noneSendsFromAnothersBinding(NetworkNamespace one, Lease lease, NetworkNamespace other)
            throws IOException {
        try (DmaBuf memory = Udmabuf.pages().allocate(1 << 20);
                TxBinding binding = TxBinding.bind(one, lease.guestIfindex(), memory);
                ServerSocketChannel server = peer.listen();
                DevmemSocket foreign = DevmemSocket.connect(
                        binding, other, "nk0", (InetSocketAddress) server.getLocalAddress(), PATIENCE)) {
            assertThatThrownBy(() -> foreign.send(0, 4096))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> assertThat(e.is(Errno.ENODEV)).isTrue());
        }
    }

    @Test
    void aContainerKilledWithTrafficInFlightGivesAllBack() throws Exception {
        int queue;
        try (GenericContainer<?> container = started(Capability.NET_ADMIN);
                ServerSocketChannel server = peer.listen()) {
            Lease lease = LEASES.lease(container, FIRST + "/24");
            queue = lease.queues().getFirst().nic();
            int before = NicView.dmaBufs();
            CompletableFuture<ExecResult> receiving = ContainerTraffic.startReceiving(container, FIRST, "/dev/null");
            CompletableFuture<ExecResult> sending =
                    ContainerTraffic.start(container, "send", "--dev", "nk0", "--to", Peer.text(server), "/dev/zero");
            try (SocketChannel from = server.accept();
                    SocketChannel to = peer.connect(FIRST, ContainerTraffic.PORT, receiving)) {
                ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
                for (int got = 0; got < 1 << 20; buffer.clear()) {
                    got += from.read(buffer);
                }
                to.write(ByteBuffer.allocate(100_000));
                assertThat(NicView.bindings(LEASES.nic()))
                        .as("bindings to receive into")
                        .isEqualTo(1);
                assertThat(NicView.dmaBufs()).isGreaterThan(before);
                assertThat(sending).isNotDone();
                GuestImage.engine()
                        .killContainerCmd(container.getContainerId())
                        .withSignal("KILL")
                        .exec();
                NicView.await(
                        "no queue is leased", () -> NicView.leased(LEASES.nic()).isEmpty());
                NicView.await("no queue is bound", () -> NicView.bindings(LEASES.nic()) == 0);
                NicView.awaitDmaBufs(before);
            }
            assertThat(LEASES.leases().leases().find(lease.info().name()))
                    .hasValueSatisfying(info -> assertThat(info.status()).isEqualTo(Status.GONE));
            lease.close();
        }
        try (GenericContainer<?> next = started()) {
            LEASES.lease(next, wanted -> wanted.queues(List.of(queue)).address(IpPrefix.parse(FIRST + "/24")));
            traffic.send(next, ReceivePeer.bytes(100_003));
        }
    }

    @Test
    void aContainerThatWasRestartedIsLeasedToAnew() throws Exception {
        try (GenericContainer<?> container = started()) {
            Lease lease = LEASES.lease(container, FIRST + "/24");
            GuestImage.engine()
                    .restartContainerCmd(container.getContainerId())
                    .withTimeout(0)
                    .exec();
            NicView.await(
                    "no queue is leased", () -> NicView.leased(LEASES.nic()).isEmpty());
            assertThat(container.execInContainer("ls", "/sys/class/net").getStdout())
                    .isEqualTo("lo\n");
            lease.close();
            LEASES.lease(container, FIRST + "/24");
            traffic.send(container, ReceivePeer.bytes(200_003));
        }
    }

    @Test
    void theReadmesExampleDoesWhatItSays() throws Exception {
        String to = "2001:db8:1::2";
        GuestImage.prepare();
        try (ServerSocketChannel server = peer.listen(to, 5201)) {
            CompletableFuture<byte[]> received = ContainerTraffic.accept(server);
            TestExecutionSummary summary = QueueLeaseExtensionTest.runExample();
            StringWriter failures = new StringWriter();
            summary.printFailuresTo(new PrintWriter(failures));
            assertThat(summary.getTestsSucceededCount()).as(failures.toString()).isEqualTo(1);
            assertThat(received.get(60, TimeUnit.SECONDS))
                    .isEqualTo(Files.readAllBytes(Path.of("/usr/lib/os-release")));
        }
    }
}
