package dev.qlease.ethtool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.LinuxException;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.rtnetlink.Rtnetlink;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Rings, channels, features and statistics of the emulated NIC's first port, as this package and ethtool(8) see them.
 */
@Tag("vm")
class EthtoolVmTest {
    private static final String NIC = "qnic0";

    private final EthtoolCommand command = EthtoolCommand.here();
    private Ethtool ethtool;
    private int nic;
    private Rings rings;
    private Channels channels;
    private Features features;

    @BeforeEach
    void look() {
        ethtool = Ethtool.open();
        try (Rtnetlink rtnl = Rtnetlink.open()) {
            nic = rtnl.links().get(NIC).ifindex();
        }
        rings = ethtool.rings(nic);
        channels = ethtool.channels(nic);
        features = ethtool.features(nic);
    }

    /** Every test puts back what it changed, by what the changes answered. */
    @AfterEach
    void allIsAsItWas() {
        assertThat(ethtool.rings(nic)).isEqualTo(rings);
        assertThat(ethtool.channels(nic)).isEqualTo(channels);
        assertThat(ethtool.features(nic)).isEqualTo(features);
        ethtool.close();
    }

    @Test
    void ringSizesChangeAndGoBack() {
        RingsChange change = RingsChange.NONE.rx(128).tx(256);
        Rings before = ethtool.setRings(nic, change);
        assertThat(before).isEqualTo(rings);
        assertThat(ethtool.rings(nic).rx()).hasValue(128);
        assertThat(ethtool.rings(nic).tx()).hasValue(256);
        assertThat(command.run("-g", NIC)).containsPattern("(?s)Current hardware settings:\nRX: 128\n.*TX: 256\n");
        ethtool.setRings(nic, change.undo(before));
    }

    @Test
    void headersAreSplitFromPayloadAndNoMore() {
        RingsChange change = RingsChange.NONE.tcpDataSplit(TcpDataSplit.ENABLED).hdsThresh(100);
        Rings before = ethtool.setRings(nic, change);
        assertThat(before).isEqualTo(rings);
        assertThat(ethtool.rings(nic).tcpDataSplit()).contains(TcpDataSplit.ENABLED);
        assertThat(ethtool.rings(nic).hdsThresh()).hasValue(100);
        assertThat(command.run("-g", NIC)).contains("TCP data split: on\n");
        ethtool.setRings(nic, change.undo(before));
        assertThat(command.run("-g", NIC)).contains("TCP data split: off\n");
    }

    @Test
    void ringsBeyondTheMaximumAreRefusedByName() {
        long max = rings.rxMax().orElseThrow();
        assertThatThrownBy(() -> ethtool.setRings(nic, RingsChange.NONE.rx(max + 1)))
                .isInstanceOf(NetlinkException.class)
                .hasMessage("rings-set device " + nic
                        + ": requested ring size exceeds maximum [attribute rx, at offset 32] (EINVAL)");
        long threshold = rings.hdsThreshMax().orElseThrow();
        assertThatThrownBy(() -> ethtool.setRings(nic, RingsChange.NONE.hdsThresh(threshold + 1)))
                .isInstanceOf(NetlinkException.class)
                .hasMessageContaining("attribute hds-thresh");
        assertThatThrownBy(() -> ethtool.setRings(nic, RingsChange.NONE.rx(1))).hasMessageContaining("ring too small");
        assertThatThrownBy(() -> ethtool.setRings(nic, RingsChange.NONE.rxBufLen(4096)))
                .hasMessageContaining("setting rx buf len not supported");
    }

    @Test
    void channelsChangeAndGoBack() {
        ChannelsChange change = ChannelsChange.NONE.combinedCount(2);
        Channels before = ethtool.setChannels(nic, change);
        assertThat(before).isEqualTo(channels);
        assertThat(ethtool.channels(nic).receiveQueues()).isEqualTo(2);
        assertThat(command.run("-l", NIC)).containsPattern("(?s)Current hardware settings:.*Combined: 2\n");
        ethtool.setChannels(nic, change.undo(before));
    }

    @Test
    void moreChannelsThanThereCanBeAndNoneAreRefused() {
        long max = channels.combinedMax().orElseThrow();
        assertThatThrownBy(() -> ethtool.setChannels(nic, ChannelsChange.NONE.combinedCount(max + 1)))
                .isInstanceOf(NetlinkException.class)
                .hasMessage(
                        "channels-set device " + nic
                                + ": requested channel count exceeds maximum [attribute combined-count, at offset 32] (EINVAL)");
        assertThatThrownBy(() -> ethtool.setChannels(nic, ChannelsChange.NONE.combinedCount(0)))
                .isInstanceOf(NetlinkException.class)
                .hasMessageContaining("no RX or TX channel");
    }

    @Test
    void featuresSwitchAndGoBack() {
        String name = features.hw().stream()
                .filter(features.active()::contains)
                .filter(hw -> hw.startsWith("tx-tcp"))
                .findFirst()
                .orElseThrow();
        FeaturesChange change = FeaturesChange.NONE.off(name);
        Features before = ethtool.setFeatures(nic, change);
        assertThat(before).isEqualTo(features);
        assertThat(command.run("-k", NIC)).contains(" " + name + ": off\n");
        ethtool.setFeatures(nic, change.undo(before));
        assertThat(command.run("-k", NIC)).contains(" " + name + ": on\n");
    }

    @Test
    void statisticsAreThoseThatTheCommandShows() {
        List<Statistic> statistics = ethtool.statistics(NIC);
        assertThat(statistics).extracting(Statistic::name).contains("tx_unreadable_bytes", "dma_faults", "rule_drops");
        String[] lines = command.run("-S", NIC).split("\n");
        assertThat(statistics).hasSize(lines.length - 1);
        for (int i = 0; i < statistics.size(); i++) {
            assertThat(lines[i + 1]).startsWith(" " + statistics.get(i).name() + ": ");
        }
        assertThat(ethtool.standardStatistics(nic))
                .extracting(StatisticsGroup::name)
                .contains("eth-mac", "rmon");
    }

    @Test
    void theDriverIsTheEmulatedNics() {
        assertThat(ethtool.driverInfo(NIC).driver()).isEqualTo("qnic");
        assertThatThrownBy(() -> ethtool.driverInfo("qnic99"))
                .isInstanceOf(LinuxException.class)
                .hasMessage("ethtool: driver info of qnic99: No such device (ENODEV)");
    }
}
