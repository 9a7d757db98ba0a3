package dev.qlease.netdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.linux.sys.Processes;
import dev.qlease.netdev.NetdevEvent.Change;
import dev.qlease.netdev.NetdevEvent.DevEvent;
import dev.qlease.netlink.Attribute;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.GenericFamily;
import dev.qlease.netlink.GenericNetlink;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.netlink.Notification;
import dev.qlease.netlink.NotificationSocket;
import dev.qlease.netlink.Operation;
import dev.qlease.netlink.Policy;
import dev.qlease.netlink.PolicyAttribute;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The family as this machine's kernel has it, in a namespace of the test's own with a pair of veths. */
@Tag("host")
class NetdevHostTest {
    private static final String NAME =
            "qlease-netdev-" + ProcessHandle.current().pid();

    private NetworkNamespace namespace;
    private Rtnetlink rtnetlink;
    private Netdev netdev;
    private Link veth;

    @BeforeEach
    void makeNamespace() {
        assumeTrue(Processes.geteuid() == 0, "takes root, to make a network namespace");
        namespace = NetworkNamespace.create(NAME);
        rtnetlink = Rtnetlink.open(namespace);
        netdev = Netdev.open(namespace);
        veth = rtnetlink
                .links()
                .create(LinkSpec.named("a0").numRxQueues(3).numTxQueues(2).up().veth(LinkSpec.named("b0")));
    }

    @AfterEach
    void deleteNamespace() {
        if (namespace != null) {
            netdev.close();
            rtnetlink.close();
            namespace.close();
            NetworkNamespace.delete(NAME);
        }
    }

    @Test
    void theQueuesOfADeviceAreListedByTypeAndNumber() {
        List<Queue> queues = netdev.queues(veth.ifindex());
        assertThat(queues)
                .extracting(queue -> queue.type() + "-" + queue.id())
                .containsExactly("rx-0", "rx-1", "rx-2", "tx-0", "tx-1");
        assertThat(queues).allSatisfy(queue -> {
            assertThat(queue.ifindex()).isEqualTo(veth.ifindex());
            assertThat(queue.lease()).isEmpty();
            assertThat(queue.unknown()).isEmpty();
        });
        assertThat(netdev.queues()).containsAll(queues);
        assertThat(netdev.queue(veth.ifindex(), QueueId.rx(2))).isEqualTo(queues.get(2));
    }

    @Test
    void whatIsListedIsAlsoGivenOneByOne() {
        List<Queue> queues = new ArrayList<>();
        netdev.forEachQueue(queues::add);
        assertThat(queues).isNotEmpty().isEqualTo(netdev.queues());
        List<Napi> napis = new ArrayList<>();
        netdev.forEachNapi(napis::add);
        assertThat(napis).isEqualTo(netdev.napis());
        List<PagePool> pools = new ArrayList<>();
        netdev.forEachPagePool(pools::add);
        assertThat(pools).isEqualTo(netdev.pagePools());
    }

    @Test
    void aDeviceThatIsDownHasNoQueues() {
        rtnetlink.links().down(veth.ifindex());
        assertThat(netdev.queues(veth.ifindex())).isEmpty();
    }

    @Test
    void otherNamespacesAreNotSeen() {
        assertThat(netdev.devs()).extracting(Dev::ifindex).contains(veth.ifindex());
        try (Netdev outside = Netdev.open()) {
            assertThat(outside.devs().size()).isNotEqualTo(0);
            assertThat(netdev.devs()).hasSize(3);
        }
        assertThat(netdev.dev(veth.ifindex()).xdpFeatures().has(XdpFeatures.BASIC))
                .isTrue();
    }

    @Test
    void aDeviceThatIsNotThereIsNamedByTheKernel() {
        assertThatThrownBy(() -> netdev.dev(4711))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.ENODEV)).isTrue())
                .hasMessageContaining("dev-get");
    }

    @Test
    void anAttributeOutOfRangeIsNamedWithWhatIsAllowed() {
        assertThatThrownBy(() -> netdev.queue(veth.ifindex(), new QueueId(0, new QueueType(7))))
                .isInstanceOfSatisfying(NetlinkException.class, e -> {
                    assertThat(e.extendedAck().attribute()).contains("type");
                    assertThat(e.extendedAck().policy()).contains("u32 0..1");
                });
    }

    @Test
    void aQueueThatIsNotThereIsRefused() {
        assertThatThrownBy(() -> netdev.queue(veth.ifindex(), QueueId.rx(3))).isInstanceOf(NetlinkException.class);
    }

    @Test
    void statisticsAreListedWhereADriverKeepsAny() {
        assertThat(netdev.stats())
                .allSatisfy(stats -> assertThat(stats.queueId()).isEmpty());
        assertThat(netdev.queueStats())
                .allSatisfy(stats -> assertThat(stats.queueId()).isPresent());
    }

    @Test
    void theNapiOfAVethIsListedAndChanged() {
        // A veth polls by NAPI once it may merge what it receives.
        assumeTrue(turnOnGro("a0"), "takes ethtool, to turn on GRO");
        List<Napi> napis = netdev.napis(veth.ifindex());
        assertThat(napis).hasSize(3);
        int id = napis.getFirst().id();
        netdev.setNapi(id, NapiSettings.NONE.deferHardIrqs(7).groFlushTimeout(5_000_000_000L));
        Napi changed = netdev.napi(id);
        assertThat(changed.deferHardIrqs()).hasValue(7);
        assertThat(changed.groFlushTimeout()).hasValue(5_000_000_000L);
        assertThat(netdev.napis()).contains(changed);
    }

    private boolean turnOnGro(String device) {
        try {
            return namespace.run(() -> {
                try {
                    return new ProcessBuilder("ethtool", "-K", device, "gro", "on")
                                    .inheritIO()
                                    .start()
                                    .waitFor()
                            == 0;
                } catch (java.io.IOException | InterruptedException e) {
                    return false;
                }
            });
        } catch (RuntimeException e) {
            return false;
        }
    }

    @Test
    void aNewDeviceIsHeardOf() {
        try (NotificationSocket<NetdevEvent> monitor = NetdevMonitor.open(namespace, 0)) {
            Link added = rtnetlink.links().create(LinkSpec.named("c0").veth(LinkSpec.named("d0")));
            List<NetdevEvent> heard = new ArrayList<>();
            for (Optional<Notification<NetdevEvent>> next = monitor.next(Duration.ofSeconds(5));
                    next.isPresent();
                    next = monitor.next(Duration.ofMillis(200))) {
                if (next.get() instanceof Notification.Event<NetdevEvent>(NetdevEvent event)) {
                    heard.add(event);
                }
            }
            assertThat(heard)
                    .anySatisfy(event -> assertThat(event).isInstanceOfSatisfying(DevEvent.class, dev -> {
                        assertThat(dev.change()).isEqualTo(Change.ADD);
                        assertThat(dev.dev().ifindex()).isEqualTo(added.ifindex());
                    }));
        }
    }

    @Test
    void aDescriptorThatIsNoDmaBufIsRefusedAndNothingStaysOpen() {
        long before = openDescriptors();
        try (FileDescriptor file = FileDescriptor.open(Path.of("/dev/null"), 0)) {
            assertThatThrownBy(() -> DmaBufBinding.tx(namespace, veth.ifindex(), file))
                    .isInstanceOf(UnsupportedException.class)
                    .hasMessageContaining("bind-tx")
                    .hasCauseInstanceOf(NetlinkException.class);
            assertThatThrownBy(() -> DmaBufBinding.rx(
                            namespace, veth.ifindex(), file, List.of(QueueId.rx(0)), OptionalInt.empty()))
                    .isInstanceOf(dev.qlease.linux.LinuxException.class)
                    .hasMessageContaining("bind-rx");
        }
        assertThat(openDescriptors()).isEqualTo(before);
    }

    private static long openDescriptors() {
        return java.util.Objects.requireNonNull(new java.io.File("/proc/self/fd").list()).length;
    }

    @Test
    void whatTheKernelHasIsKnownWithoutItsVersion() {
        assertThat(netdev.has(NetdevFeature.QUEUE_GET)).isTrue();
        for (NetdevFeature feature : NetdevFeature.values()) {
            if (!netdev.has(feature) && feature == NetdevFeature.QUEUE_LEASE) {
                assertThatThrownBy(() -> netdev.createQueue(
                                veth.ifindex(), new Lease(veth.ifindex(), QueueId.rx(0), OptionalInt.empty())))
                        .isInstanceOf(UnsupportedException.class);
            }
        }
    }

    @Test
    void theTablesAgreeWithTheKernelsPolicies() {
        try (GenericNetlink netlink = GenericNetlink.open()) {
            GenericFamily family = netlink.family("netdev");
            for (Operation operation : List.of(
                    NetdevOperations.DEV_GET,
                    NetdevOperations.QUEUE_GET,
                    NetdevOperations.NAPI_SET,
                    NetdevOperations.PAGE_POOL_GET,
                    NetdevOperations.BIND_RX,
                    NetdevOperations.BIND_TX,
                    NetdevOperations.QUEUE_CREATE)) {
                if (family.has(operation)) {
                    Policy policy = netlink.policy(family, operation, false);
                    assertThat(policy.attributes()).as(operation.name()).isNotEmpty();
                    compare(operation.request(), policy.attributes(), policy);
                }
            }
        }
    }

    private static void compare(AttributeSet set, Map<Integer, PolicyAttribute> policies, Policy all) {
        policies.forEach((number, policy) -> {
            Attribute attribute = set.attribute(number);
            assertThat(attribute).as("attribute " + number + " of " + set).isNotNull();
            String kind = switch (attribute) {
                case Attribute.U32 _ -> "u32";
                case Attribute.U64 _ -> "u64";
                case Attribute.UInt _ -> "uint";
                // The kernel keeps netns-id as an s32; on the wire that is a sint that never needs more.
                case Attribute.SInt _ -> "s32";
                case Attribute.Nest nest -> {
                    compare(nest.set(), all.nested().get(policy.nested().orElseThrow()), all);
                    yield "nested";
                }
                default -> "none that netdev has";
            };
            assertThat(policy.kind()).as(attribute + " of " + set).isEqualTo(kind);
        });
    }
}
