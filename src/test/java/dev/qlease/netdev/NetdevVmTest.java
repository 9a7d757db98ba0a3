package dev.qlease.netdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.NetkitSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Leases and bindings, on a kernel that has them and the emulated NIC, whose first port is qnic0. */
@Tag("vm")
class NetdevVmTest {
    private static final String GUEST = "netdev-guest";

    private NetworkNamespace guest;
    private Rtnetlink host;
    private Rtnetlink inGuest;
    private Netdev netdev;
    private Netdev guestNetdev;
    private int nic;
    private int guestIfindex;

    /** This namespace as seen from the guest's: the kernel gave it an id there when it made the pair. */
    private int hostId;

    @BeforeEach
    void makeAGuestWithASpareQueue() {
        guest = NetworkNamespace.create(GUEST);
        host = Rtnetlink.open();
        inGuest = Rtnetlink.open(guest);
        netdev = Netdev.open();
        guestNetdev = Netdev.open(guest);
        nic = host.links().get("qnic0").ifindex();
        host.links()
                .create(LinkSpec.named("nk0")
                        .up()
                        .netkit(NetkitSpec.pair(
                                LinkSpec.named("nk1").numRxQueues(2).netns(guest))));
        guestIfindex = inGuest.links().get("nk1").ifindex();
        inGuest.links().up(guestIfindex);
        hostId = inGuest.links().get(guestIfindex).linkNetnsid().orElseThrow();
    }

    private static void run(String... command) {
        try {
            Process process = new ProcessBuilder(command).inheritIO().start();
            assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
        } catch (java.io.IOException | InterruptedException e) {
            throw new IllegalStateException(String.join(" ", command), e);
        }
    }

    @AfterEach
    void takeItAllBack() {
        host.links().find("nk0").ifPresent(link -> host.links().delete(link.ifindex()));
        netdev.close();
        guestNetdev.close();
        host.close();
        inGuest.close();
        guest.close();
        NetworkNamespace.delete(GUEST);
    }

    private Lease leaseOf(int queue) {
        return new Lease(nic, QueueId.rx(queue), OptionalInt.of(hostId));
    }

    @Test
    void aLeaseIsSeenOnThePhysicalQueueUntilTheGuestIsGone() {
        int created = guestNetdev.createQueue(guestIfindex, leaseOf(3));
        assertThat(created).isEqualTo(1);
        assertThat(guestNetdev.queues(guestIfindex)).extracting(Queue::id).contains(created);
        Lease before = netdev.queue(nic, QueueId.rx(3)).lease().orElseThrow();
        assertThat(before.ifindex()).isEqualTo(guestIfindex);
        assertThat(before.queue()).isEqualTo(QueueId.rx(created));
        assertThat(before.netnsId()).isPresent();
        host.links().delete("nk0");
        assertThat(netdev.queue(nic, QueueId.rx(3)).lease()).isEmpty();
    }

    @Test
    void aQueueIsLeasedOnlyOnce() {
        guestNetdev.createQueue(guestIfindex, leaseOf(2));
        assertThatThrownBy(() -> guestNetdev.createQueue(guestIfindex, leaseOf(2)))
                .isInstanceOf(NetlinkException.class)
                .hasMessageContaining("queue-create");
    }

    @Test
    void aLeaseOfAQueueThatTheNicLacksNamesTheAttribute() {
        assertThatThrownBy(() -> guestNetdev.createQueue(guestIfindex, leaseOf(77)))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.extendedAck().attribute().orElse("none"))
                                .startsWith("lease.queue"));
    }

    @Test
    void sendingFromAGuestTakesALease() {
        try (DmaBuf dmaBuf = Udmabuf.pages().allocate(1 << 20)) {
            assertThatThrownBy(() -> DmaBufBinding.tx(guest, guestIfindex, dmaBuf.descriptor()))
                    .isInstanceOf(UnsupportedException.class)
                    .hasMessageContaining("No DMA-capable device found for netmem TX");
            guestNetdev.createQueue(guestIfindex, leaseOf(3));
            try (DmaBufBinding binding = DmaBufBinding.tx(guest, guestIfindex, dmaBuf.descriptor())) {
                assertThat(binding.id()).isPositive();
            }
        }
    }

    @Test
    void aBindingForSendingIsTheNicsUntilItIsClosed() {
        try (DmaBuf dmaBuf = Udmabuf.pages().allocate(1 << 20);
                DmaBufBinding first = DmaBufBinding.tx(NetworkNamespace.ofCaller(), nic, dmaBuf.descriptor());
                DmaBufBinding second = DmaBufBinding.tx(NetworkNamespace.ofCaller(), nic, dmaBuf.descriptor())) {
            assertThat(first.id()).isNotEqualTo(second.id());
        }
    }

    @Test
    void aBindingForReceivingIsShownByQueueAndPagePool() {
        run("ethtool", "-G", "qnic0", "tcp-data-split", "on");
        run("ethtool", "-X", "qnic0", "equal", "3");
        try (DmaBuf dmaBuf = Udmabuf.pages().allocate(8 << 20)) {
            try (DmaBufBinding binding = DmaBufBinding.rx(
                    NetworkNamespace.ofCaller(),
                    nic,
                    dmaBuf.descriptor(),
                    List.of(QueueId.rx(3)),
                    OptionalInt.empty())) {
                assertThat(netdev.queue(nic, QueueId.rx(3)).dmabuf()).hasValue(binding.id());
                assertThat(netdev.pagePools(nic))
                        .anySatisfy(pool -> assertThat(pool.dmabuf()).hasValue(binding.id()));
            }
            assertThat(netdev.queue(nic, QueueId.rx(3)).dmabuf()).isEmpty();
        } finally {
            run("ethtool", "-X", "qnic0", "default");
            run("ethtool", "-G", "qnic0", "tcp-data-split", "off");
        }
    }

    @Test
    void receivingWithoutHeaderSplitIsRefusedInTheKernelsWords() {
        try (DmaBuf dmaBuf = Udmabuf.pages().allocate(1 << 20)) {
            assertThatThrownBy(() -> DmaBufBinding.rx(
                            NetworkNamespace.ofCaller(),
                            nic,
                            dmaBuf.descriptor(),
                            List.of(QueueId.rx(3)),
                            OptionalInt.empty()))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("tcp-data-split");
        }
    }

    @Test
    void pagePoolsAndTheirStatisticsAreListed() {
        List<PagePool> pools = netdev.pagePools(nic);
        assertThat(pools)
                .hasSizeGreaterThanOrEqualTo(4)
                .allSatisfy(pool -> assertThat(pool.napiId()).isPresent());
        assertThat(netdev.pagePool(pools.getFirst().id()).ifindex()).hasValue(nic);
        assertThat(netdev.pagePoolStatsOf(pools.getFirst().id()).allocSlow()).isPresent();
        assertThat(netdev.pagePoolStats(nic)).hasSameSizeAs(pools);
    }

    @Test
    void aQueuesStatisticsAreCounted() {
        run("ping", "-c", "1", "-W", "5", "192.0.2.2");
        assertThat(netdev.stats(nic)).singleElement().satisfies(stats -> {
            assertThat(stats.rxPackets().orElse(0)).isPositive();
            assertThat(stats.txBytes().orElse(0)).isPositive();
        });
        assertThat(netdev.queueStats(nic)).hasSize(8);
    }

    @ParameterizedTest
    @EnumSource
    void theKernelHasIt(NetdevFeature feature) {
        assumeTrue(
                feature != NetdevFeature.RX_PAGE_SIZE || netdev.has(feature),
                "this kernel, older than 7.3, receives in pieces of a page only");
        assertThat(netdev.has(feature)).isTrue();
    }

    @Test
    void anUnknownDeviceIsNotThere() {
        assertThatThrownBy(() -> netdev.dev(4711))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.ENODEV)).isTrue());
        Link loopback = host.links().get("lo");
        assertThat(netdev.dev(loopback.ifindex()).ifindex()).isEqualTo(1);
    }
}
