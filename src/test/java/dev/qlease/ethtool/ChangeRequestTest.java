package dev.qlease.ethtool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.qlease.ethtool.EthtoolAttributes.ChannelsSet;
import dev.qlease.ethtool.EthtoolAttributes.FeaturesSet;
import dev.qlease.ethtool.EthtoolAttributes.RingsSet;
import dev.qlease.ethtool.EthtoolAttributes.RssSet;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.Request;
import dev.qlease.netlink.RequestBytes;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Requests to change things, byte for byte as a little-endian kernel reads them. */
class ChangeRequestTest {
    /** Bytes of netlink's and generic netlink's headers. */
    private static final int HEADERS = 20;

    /** Nest 1 with dev-index 7, as all requests begin. */
    private static final String DEVICE = "0c00 0180 0800 0100 07000000";

    private static void assertAttributes(
            AttributeSet set, Nest header, UnaryOperator<Request> change, String expected) {
        try (DeviceRequests requests = new DeviceRequests(NetworkNamespace.ofCaller())) {
            Request request = change.apply(requests.begin(DeviceRequests.operation(99, "change", set), header, 7));
            byte[] bytes = RequestBytes.of(request);
            assertThat(HexFormat.of().formatHex(Arrays.copyOfRange(bytes, HEADERS, bytes.length)))
                    .isEqualTo((DEVICE + expected).replaceAll("#.*|\\s", ""));
        }
    }

    @Test
    void ringsSendOnlyWhatIsSet() {
        assertAttributes(RingsSet.SET, RingsSet.HEADER, RingsChange.NONE::write, "");
        assertAttributes(
                RingsSet.SET,
                RingsSet.HEADER,
                RingsChange.NONE.tcpDataSplit(TcpDataSplit.ENABLED).hdsThresh(0)::write,
                """
                        0500 0b00 02000000    # TCP_DATA_SPLIT enabled
                        0800 1100 00000000    # HDS_THRESH
                        """);
        assertAttributes(
                RingsSet.SET,
                RingsSet.HEADER,
                RingsChange.NONE.rx(512).tx(0xffff_ffffL).rxBufLen(4096)::write,
                """
                        0800 0600 00020000    # RX
                        0800 0900 ffffffff    # TX
                        0800 0a00 00100000    # RX_BUF_LEN
                        """);
    }

    @Test
    void channelsSendOnlyWhatIsSet() {
        assertAttributes(
                ChannelsSet.SET, ChannelsSet.HEADER, ChannelsChange.NONE.combinedCount(2)::write, "0800 0900 02000000");
        assertAttributes(
                ChannelsSet.SET,
                ChannelsSet.HEADER,
                ChannelsChange.NONE.rxCount(1).txCount(2).otherCount(3)::write,
                "0800 0600 01000000  0800 0700 02000000  0800 0800 03000000");
    }

    @Test
    void featuresAreSentByNameWithAValueWhereTheyAreToBeOn() {
        assertAttributes(
                FeaturesSet.SET,
                FeaturesSet.HEADER,
                FeaturesChange.NONE.off("abc").on("xy")::write,
                """
                        2400 0380                            # WANTED
                          2000 0380                          #   BITS
                            1000 0180  0700 0200 78790000    #     BIT, NAME xy
                                       0400 0300             #          VALUE
                            0c00 0180  0800 0200 61626300    #     BIT, NAME abc
                        """);
    }

    @Test
    void rssSendsOnlyWhatIsSetAndAnEmptyTableForTheDefault() {
        assertAttributes(RssSet.SET, RssSet.HEADER, RssChange.NONE::write, "");
        assertAttributes(RssSet.SET, RssSet.HEADER, RssChange.NONE.indirDefault()::write, "0400 0400");
        assertAttributes(
                RssSet.SET,
                RssSet.HEADER,
                RssChange.NONE
                        .indir(List.of(0, 2))
                        .hfunc(RssHashFunction.XOR)
                        .hkey(RssKey.parse("01:fe:03"))
                        .inputXfrm(RssInputTransform.SYM_OR_XOR)::write,
                """
                        0c00 0400 00000000 02000000    # INDIR
                        0800 0300 02000000             # HFUNC
                        0700 0500 01fe0300             # HKEY
                        0800 0600 02000000             # INPUT_XFRM
                        """);
    }

    @Test
    void numbersThatDoNotFitAreNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RingsChange.NONE.rx(-1))
                .withMessage("rx is 0 to 4294967295, not -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RingsChange.NONE.hdsThresh(1L << 32))
                .withMessage("hds-thresh is 0 to 4294967295, not 4294967296");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChannelsChange.NONE.combinedCount(-5))
                .withMessage("combined-count is 0 to 4294967295, not -5");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FeaturesChange.NONE.on("x").off("x"))
                .withMessage("feature x is to be on and off");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RssChange.NONE.indir(List.of(0, -1)))
                .withMessage("a queue is 0 to 2147483647, not -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RssKey.parse("6d:5"))
                .withMessage("not a key such as 6d:5a:56: '6d:5'");
        assertThatIllegalArgumentException().isThrownBy(RssKey::of).withMessage("a key has at least 1 byte");
    }
}
