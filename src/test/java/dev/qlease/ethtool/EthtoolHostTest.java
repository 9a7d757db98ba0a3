package dev.qlease.ethtool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.Sandbox;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The family of this machine's kernel, on a veth of four queues, which has channels and features and not much more. */
@Tag("host")
class EthtoolHostTest {
    private static final String SCATTER_GATHER = "tx-scatter-gather";
    private static final String SEGMENTATION = "tx-tcp-segmentation";

    private Sandbox sandbox;
    private Ethtool ethtool;
    private int veth;

    @BeforeEach
    void makeVeth() {
        sandbox = Sandbox.create();
        ethtool = Ethtool.open(sandbox.namespace());
        veth = sandbox.rtnl()
                .links()
                .create(LinkSpec.named("a0")
                        .numRxQueues(4)
                        .numTxQueues(4)
                        .veth(LinkSpec.named("b0").numRxQueues(4).numTxQueues(4)))
                .ifindex();
    }

    @AfterEach
    void close() {
        ethtool.close();
        sandbox.close();
    }

    private String ethtool(String... arguments) {
        return EthtoolCommand.in(sandbox.name()).run(arguments);
    }

    @Test
    void channelsChangeAndGoBack() {
        Channels original = ethtool.channels(veth);
        ChannelsChange change = ChannelsChange.NONE.rxCount(3).txCount(2);
        Channels before = ethtool.setChannels(veth, change);
        assertThat(before).isEqualTo(original);
        assertThat(ethtool.channels(veth).rxCount()).hasValue(3);
        assertThat(ethtool.channels(veth).txCount()).hasValue(2);
        assertThat(ethtool.channels(veth).receiveQueues()).isEqualTo(3);
        assertThat(ethtool("-l", "a0")).containsPattern("(?s)Current hardware settings:\nRX: 3\nTX: 2\n");
        assertThat(ethtool.setChannels(veth, change.undo(before)).rxCount()).hasValue(3);
        assertThat(ethtool.channels(veth)).isEqualTo(original);
    }

    @Test
    void moreChannelsThanThereCanBeAreRefusedByName() {
        OptionalLong before = ethtool.channels(veth).rxCount();
        assertThatThrownBy(() -> ethtool.setChannels(veth, ChannelsChange.NONE.rxCount(9)))
                .isInstanceOf(NetlinkException.class)
                .hasMessage("channels-set device " + veth
                        + ": requested channel count exceeds maximum [attribute rx-count, at offset 32] (EINVAL)");
        assertThat(ethtool.channels(veth).rxCount()).isEqualTo(before);
    }

    @Test
    void featuresSwitchAndGoBack() {
        Features original = ethtool.features(veth);
        assertThat(original.active()).contains(SEGMENTATION);
        FeaturesChange change = FeaturesChange.NONE.off(SEGMENTATION);
        Features before = ethtool.setFeatures(veth, change);
        assertThat(before).isEqualTo(original);
        assertThat(ethtool.features(veth).active()).doesNotContain(SEGMENTATION);
        assertThat(ethtool("-k", "a0")).contains(" tx-tcp-segmentation: off\n");
        ethtool.setFeatures(veth, change.undo(before));
        assertThat(ethtool.features(veth)).isEqualTo(original);
        assertThat(ethtool("-k", "a0")).contains(" tx-tcp-segmentation: on\n");
    }

    @Test
    void switchingNothingAndSwitchingToWhatItIsChangeNothing() {
        Features original = ethtool.features(veth);
        assertThat(ethtool.setFeatures(veth, FeaturesChange.NONE)).isEqualTo(original);
        ethtool.setFeatures(veth, FeaturesChange.NONE.on(SEGMENTATION).off(Features.NTUPLE));
        assertThat(ethtool.features(veth)).isEqualTo(original);
    }

    @Test
    void aFeatureThatTheDeviceLacksIsNamedAndNothingElseIsChangedEither() {
        Features original = ethtool.features(veth);
        assertThatThrownBy(() -> ethtool.setFeatures(
                        veth, FeaturesChange.NONE.on(Features.NTUPLE).off(SEGMENTATION)))
                .isInstanceOf(UnsupportedException.class)
                .hasMessage("features-set device " + veth
                        + ": the device cannot switch rx-ntuple-filter on; nothing was changed (EOPNOTSUPP)");
        assertThat(ethtool.features(veth)).isEqualTo(original);
    }

    @Test
    void aFeatureThatAnotherOneForbidsIsNamedAndNothingElseIsChangedEither() {
        Features original = ethtool.features(veth);
        assertThatThrownBy(() -> ethtool.setFeatures(
                        veth, FeaturesChange.NONE.off(SCATTER_GATHER).on(SEGMENTATION)))
                .isExactlyInstanceOf(LinuxException.class)
                .hasMessageContaining("does not permit tx-tcp-segmentation on; nothing was changed (EINVAL)");
        assertThat(ethtool.features(veth)).isEqualTo(original);
    }

    @Test
    void anUnknownFeatureComesWithNamesNearIt() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ethtool.setFeatures(veth, FeaturesChange.NONE.on("ntuple")))
                .withMessageStartingWith("this kernel has no feature ntuple; similar names: rx-ntuple-filter, ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ethtool.setFeatures(veth, FeaturesChange.NONE.off("tx-tcp-segmentatoin")))
                .withMessageContaining("similar names: tx-tcp-segmentation, ");
    }

    @Test
    void whatAVethDoesNotHaveIsUnsupported() {
        assertThatThrownBy(() -> ethtool.rings(veth)).isInstanceOf(UnsupportedException.class);
        assertThatThrownBy(() -> ethtool.setRings(veth, RingsChange.NONE.rx(64)))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining("device " + veth);
        assertThatThrownBy(() -> ethtool.rss(veth)).isInstanceOf(UnsupportedException.class);
        assertThatThrownBy(() -> ethtool.setRss(veth, RssChange.NONE.indir(List.of(0))))
                .isInstanceOf(UnsupportedException.class);
        assertThatThrownBy(() -> ethtool.createRssContext(veth, RssChange.NONE))
                .isInstanceOf(UnsupportedException.class);
        assertThatThrownBy(() -> ethtool.flowRules("a0"))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageStartingWith("ethtool: count the flow rules of a0: ");
        assertThatThrownBy(() -> ethtool.addFlowRule("a0", FlowRule.of(FlowMatch.tcp4(), FlowAction.drop())))
                .isInstanceOf(UnsupportedException.class);
        assertThatThrownBy(() -> ethtool.deleteFlowRule("a0", 0)).isInstanceOf(UnsupportedException.class);
        assertThat(ethtool.rssContexts(veth)).isEmpty();
    }

    @Test
    void statisticsHaveTheDriversNamesInItsOrder() {
        List<Statistic> statistics = ethtool.statistics("a0");
        assertThat(statistics.getFirst().name()).isEqualTo("peer_ifindex");
        assertThat(statistics.getFirst().value()).isPositive();
        String[] lines = ethtool("-S", "a0").split("\n");
        assertThat(statistics).hasSize(lines.length - 1);
        for (int i = 0; i < statistics.size(); i++) {
            assertThat(lines[i + 1]).startsWith(" " + statistics.get(i).name() + ":");
        }
    }

    @Test
    void statisticsOfADeviceWithoutAnyAreUnsupported() {
        assertThatThrownBy(() -> ethtool.statistics("lo"))
                .isInstanceOf(UnsupportedException.class)
                .hasMessage("ethtool: statistics of lo: Operation not supported on transport endpoint (EOPNOTSUPP)");
    }

    @Test
    void standardStatisticsHaveTheKernelsGroups() {
        assertThat(ethtool.standardStatistics(veth))
                .extracting(StatisticsGroup::name)
                .contains("eth-phy", "eth-mac", "eth-ctrl", "rmon");
        assertThat(ethtool.standardStatistics(veth))
                .allSatisfy(group -> assertThat(group.statistics()).isEmpty());
    }

    @Test
    void aDeviceThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> ethtool.setChannels(4711, ChannelsChange.NONE.rxCount(1)))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.ENODEV)).isTrue())
                .hasMessageStartingWith("channels-get device 4711: ");
        assertThatThrownBy(() -> ethtool.flowRules("nothere"))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.ENODEV)).isTrue())
                .hasMessage("ethtool: count the flow rules of nothere: No such device (ENODEV)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ethtool.statistics("a-name-that-is-too-long"))
                .withMessage("a device's name has 1 to 15 bytes and no NUL: 'a-name-that-is-too-long'");
    }

    @Test
    void theNameOfADeviceIsFoundByItsIndex() {
        try (DeviceRequests requests = sandbox.namespace().run(() -> new DeviceRequests(NetworkNamespace.ofCaller()))) {
            assertThat(requests.name(veth)).isEqualTo("a0");
        }
    }
}
