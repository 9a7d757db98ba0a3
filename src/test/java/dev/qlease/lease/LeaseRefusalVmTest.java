package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.HandedIn;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.fixture.Commands;
import dev.qlease.fixture.MachineState;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.linux.sys.Memory;
import dev.qlease.netdev.DmaBufBinding;
import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.QueueId;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.NetkitSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is refused, by whom, and with what words; on two NICs, qnic0 and qnic2. */
@Tag("vm")
class LeaseRefusalVmTest {
    private static final int O_RDWR = 2;

    private Guest guest;
    private Leases leases;
    private Rtnetlink host;
    private Netdev netdev;
    private Netdev inGuest;
    private int nic;

    @BeforeAll
    static void loadTwoNics() {
        Child.prepare();
        Nic.reload("--pairs 2");
    }

    @AfterAll
    static void loadOne() {
        Nic.reload("");
    }

    @BeforeEach
    void open() {
        guest = Guest.create();
        leases = Leases.open();
        host = Rtnetlink.open();
        netdev = Netdev.open();
        inGuest = Netdev.open(guest.netns());
        nic = host.links().get("qnic0").ifindex();
    }

    @AfterEach
    void close() {
        host.links().find("nkhost").ifPresent(link -> host.links().delete(link.ifindex()));
        leases.list().forEach(info -> leases.delete(info.name()));
        inGuest.close();
        netdev.close();
        host.close();
        leases.close();
        guest.close();
    }

    private static void refused(Errno errno, String words, ThrowingCallable what) {
        assertThatThrownBy(what)
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).contains(errno))
                .hasMessageContaining(words);
    }

    private static void refused(LeaseRefusedException.Reason reason, String words, ThrowingCallable what) {
        assertThatThrownBy(what)
                .isInstanceOfSatisfying(
                        LeaseRefusedException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                .hasMessageContaining(words);
    }

    /** A netkit device of the guest with so many spare queues, without a lease. */
    private Link netkit(int spare) {
        host.links()
                .create(LinkSpec.named("nkhost")
                        .netkit(NetkitSpec.pair(
                                LinkSpec.named("nkguest").numRxQueues(1 + spare).netns(guest.netns())))
                        .up());
        Link made = guest.rtnetlink().links().get("nkguest");
        guest.rtnetlink().links().up(made.ifindex());
        return made;
    }

    private dev.qlease.netdev.Lease queue(String device, int queue) {
        return new dev.qlease.netdev.Lease(
                host.links().get(device).ifindex(),
                QueueId.rx(queue),
                OptionalInt.of(guest.rtnetlink()
                        .namespaceIds()
                        .find(NetworkNamespace.current())
                        .orElseThrow()));
    }

    @Test
    void aGuestWithoutALeaseHasNoDeviceThatReadsItsMemory() {
        Link bare = netkit(1);
        try (DmaBuf dmaBuf = Udmabuf.pages().allocate(1)) {
            assertThatThrownBy(() -> TxBinding.bind(guest.netns(), bare.ifindex(), dmaBuf))
                    .isInstanceOf(UnsupportedException.class)
                    .hasMessage("bind-tx: No DMA-capable device found for netmem TX (EOPNOTSUPP)");
        }
    }

    @Test
    void aRouteByAnotherNicIsTheWrongOne() throws Exception {
        try (DmaBuf dmaBuf = Udmabuf.pages().allocate(1);
                TxBinding binding = TxBinding.bind(NetworkNamespace.ofCaller(), nic, dmaBuf);
                ServerSocketChannel server = guest.listen("198.51.100.2");
                DevmemSocket socket = DevmemSocket.connect(
                        binding,
                        NetworkNamespace.ofCaller(),
                        "qnic2",
                        (InetSocketAddress) server.getLocalAddress(),
                        Duration.ofSeconds(20))) {
            refused(Errno.ENODEV, "sendmsg of device memory: No such device", () -> socket.send(0, 100));
        }
    }

    @Test
    void memoryThatIsNoWholePagesIsRefusedWithItsSize(@TempDir Path directory) throws Exception {
        Path file = Files.write(directory.resolve("memory"), new byte[5000]);
        try (FileDescriptor descriptor = FileDescriptor.open(file, O_RDWR);
                DmaBuf odd = HandedIn.of(descriptor).allocate(5000)) {
            assertThatThrownBy(() -> TxBinding.bind(NetworkNamespace.ofCaller(), nic, odd))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the size of a dma-buf to send from must be a multiple of " + Memory.pageSize()
                            + " bytes, not 5000 bytes");
        }
    }

    @Test
    void whatIsNoDmaBufIsRefusedByTheKernel(@TempDir Path directory) throws Exception {
        Path file = Files.write(directory.resolve("memory"), new byte[2 * (int) Memory.pageSize()]);
        try (FileDescriptor descriptor = FileDescriptor.open(file, O_RDWR);
                DmaBuf none = HandedIn.of(descriptor).allocate(1)) {
            refused(
                    Errno.EINVAL,
                    "bind-tx: Invalid argument",
                    () -> TxBinding.bind(NetworkNamespace.ofCaller(), nic, none));
        }
    }

    @Test
    void aBindingThatWasClosedIsUnknown() throws Exception {
        try (DmaBuf dmaBuf = Udmabuf.pages().allocate(1);
                TxBinding binding = TxBinding.bind(NetworkNamespace.ofCaller(), nic, dmaBuf);
                ServerSocketChannel server = guest.listen(Guest.REMOTE4);
                DevmemSocket socket = DevmemSocket.connect(
                        binding,
                        NetworkNamespace.ofCaller(),
                        "qnic0",
                        (InetSocketAddress) server.getLocalAddress(),
                        Duration.ofSeconds(20))) {
            assertThat(binding.close(Duration.ZERO)).isZero();
            refused(Errno.EINVAL, "sendmsg of device memory: Invalid argument", () -> socket.send(0, 100));
            assertThat(socket.outstanding()).isZero();
        }
    }

    @Test
    void aGuestsDeviceThatWasDeletedIsSentFromNoMore() throws Exception {
        try (Lease lease = leases.plan(guest.spec().build()).apply();
                DmaBuf dmaBuf = Udmabuf.pages().allocate(1);
                TxBinding binding = guest.bind(lease, dmaBuf);
                ServerSocketChannel server = guest.listen(Guest.REMOTE6);
                DevmemSocket socket = guest.connect(binding, lease, server)) {
            assertThat(socket.send(0, 100)).isEqualTo(100);
            assertThat(socket.awaitCompletions(Duration.ofSeconds(20))).isTrue();
            host.links().delete(host.links().get(lease.info().name()).ifindex());
            refused(Errno.ENODEV, "sendmsg of device memory: No such device", () -> socket.send(0, 100));
            assertThat(leases.find(lease.info().name()).orElseThrow().status()).isEqualTo(LeaseInfo.Status.GONE);
        }
    }

    @Test
    void aQueueThatIsLeasedIsNamedWithItsLease() {
        try (Guest other = Guest.create();
                Lease lease =
                        leases.plan(guest.spec().queues(List.of(3)).build()).apply()) {
            LeaseSpec second = LeaseSpec.of("qnic0", other.netns())
                    .redirect(Redirect.NONE)
                    .queues(List.of(3))
                    .build();
            refused(
                    LeaseRefusedException.Reason.IN_USE,
                    "lease queues of qnic0: queue 3 of qnic0 is already leased, to queue 1 of ifindex "
                            + lease.guestIfindex() + " in the namespace of id ",
                    () -> leases.plan(second));
            Link bare = netkit(1);
            refused(
                    Errno.EBUSY,
                    "Device queue in use due to queue leasing",
                    () -> inGuest.createQueue(bare.ifindex(), queue("qnic0", 3)));
        }
    }

    @Test
    void aQueueThatReceivesIntoADmaBufIsNamedWithIt() {
        Commands.run("bash", "-c", "ethtool -G qnic0 tcp-data-split on; ethtool -X qnic0 equal 3");
        try (DmaBuf dmaBuf = Udmabuf.pages().allocate(8 << 20);
                DmaBufBinding bound = DmaBufBinding.rx(
                        NetworkNamespace.ofCaller(),
                        nic,
                        dmaBuf.descriptor(),
                        List.of(QueueId.rx(3)),
                        OptionalInt.empty())) {
            refused(
                    LeaseRefusedException.Reason.IN_USE,
                    "lease queues of qnic0: queue 3 of qnic0 is bound to dma-buf " + bound.id(),
                    () -> leases.plan(guest.spec().queues(List.of(3)).build()));
            assertThat(leases.plan(guest.spec().build()).queues()).containsExactly(2);
            Link bare = netkit(1);
            refused(
                    Errno.EBUSY,
                    "Device queue in use by memory provider",
                    () -> inGuest.createQueue(bare.ifindex(), queue("qnic0", 3)));
        } finally {
            Commands.run("bash", "-c", "ethtool -X qnic0 default; ethtool -G qnic0 tcp-data-split off");
        }
    }

    @Test
    void aQueueOfAnAfXdpSocketIsNotLeased() {
        Link bare = netkit(1);
        try (Xsk _ = new Xsk(nic, 3)) {
            refused(
                    LeaseRefusedException.Reason.IN_USE,
                    "lease queues of qnic0: queue 3 of qnic0 is used by an AF_XDP socket",
                    () -> leases.plan(guest.spec().queues(List.of(3)).build()));
            refused(
                    Errno.EBUSY,
                    "Device queue in use by AF_XDP",
                    () -> inGuest.createQueue(bare.ifindex(), queue("qnic0", 3)));
        }
    }

    @Test
    void aGuestLeasesFromOneNicOnly() {
        Link bare = netkit(2);
        inGuest.createQueue(bare.ifindex(), queue("qnic0", 3));
        assertThatThrownBy(() -> inGuest.createQueue(bare.ifindex(), queue("qnic2", 3)))
                .isInstanceOf(UnsupportedException.class)
                .hasMessage("queue-create: Leasing queues from different devices not supported (EOPNOTSUPP)");
    }

    @Test
    void aGuestLeasesAsManyQueuesAsItHasSpare() {
        Link bare = netkit(1);
        inGuest.createQueue(bare.ifindex(), queue("qnic0", 3));
        assertThatThrownBy(() -> inGuest.createQueue(bare.ifindex(), queue("qnic0", 2)))
                .isInstanceOf(NetlinkException.class)
                .hasMessageContaining("queue-create: netkit maximum queue limit reached");
        assertThat(netdev.queue(nic, QueueId.rx(2)).lease()).isEmpty();
    }

    @Test
    void aQueueThatTheNicCannotHaveIsTooMuch() {
        refused(
                LeaseRefusedException.Reason.IN_USE,
                "lease queues of qnic0: qnic0 can have 128 receive queues, too few of which are free: it would need 129",
                () -> leases.plan(guest.spec().count(128).build()));
        refused(
                LeaseRefusedException.Reason.IN_USE,
                "qnic0 can have 128 receive queues",
                () -> leases.plan(guest.spec().queues(List.of(128)).build()));
    }

    @Test
    void aNamespaceThatIsGoneIsNamed() {
        refused(
                Errno.ENOENT,
                "open /run/netns/qlease-never: No such file or directory",
                () -> NetworkNamespace.parse("qlease-never"));
    }

    @Test
    void aNicThatIsNotThereOrDownIsNamed() {
        refused(
                LeaseRefusedException.Reason.NOT_FOUND,
                "lease queues of qnic9: there is no device qnic9",
                () -> leases.plan(LeaseSpec.of("qnic9", guest.netns())
                        .redirect(Redirect.NONE)
                        .build()));
        Link down = host.links().get("qnic2");
        host.links().down(down.ifindex());
        refused(
                LeaseRefusedException.Reason.DOWN,
                "lease queues of qnic2: qnic2 is down and has no queues: ip link set qnic2 up",
                () -> leases.plan(LeaseSpec.of("qnic2", guest.netns())
                        .redirect(Redirect.NONE)
                        .build()));
    }

    @Test
    void aNameThatIsTakenIsNotTakenAgain() {
        netkit(0);
        refused(
                LeaseRefusedException.Reason.IN_USE,
                "lease queues of qnic0: there is a device or a lease nkhost already",
                () -> leases.plan(guest.spec().host("nkhost").build()));
        refused(
                LeaseRefusedException.Reason.IN_USE,
                "there is a device nkguest in " + guest.name() + " already",
                () -> leases.plan(guest.spec().guest("nkguest").build()));
    }

    @Test
    void whoMayNotAdministerTheNetworkLeasesNothing() throws Exception {
        MachineState before = MachineState.read();
        try (Child child = Child.under(List.of("setpriv", "--bounding-set", "-net_admin"), "lease", guest.name())) {
            child.awaitReady();
            assertThat(child.go()).matches("LeaseException lease ql0 of qnic0, .*Operation not permitted.*\\(EPERM\\)");
        }
        try (Child child = Child.under(List.of("setpriv", "--bounding-set", "-sys_admin"), "lease", guest.name())) {
            child.awaitReady();
            assertThat(child.go())
                    .isEqualTo("LinuxException enter network namespace " + guest.name()
                            + ": Operation not permitted (EPERM)");
        }
        before.assertRestored();
    }
}
