package dev.qlease.ethtool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.ethtool.EthtoolAttributes.ChannelsSet;
import dev.qlease.ethtool.EthtoolAttributes.FeaturesSet;
import dev.qlease.ethtool.EthtoolAttributes.RingsSet;
import dev.qlease.ethtool.EthtoolAttributes.RssSet;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.Attributes;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A change and what was before make the change that puts it back, and no more than that. */
class UndoTest {
    private static final String DEVICE = "0c00 0180 0800 0100 07000000";

    private static Attributes reply(AttributeSet set, String hex) {
        return new Attributes(
                set, MemorySegment.ofArray(HexFormat.of().parseHex((DEVICE + hex).replaceAll("\\s", ""))));
    }

    @Test
    void ringsGoBackToWhatTheyWereWhereTheyWereChanged() {
        Rings before = Rings.of(reply(RingsSet.SET, "0800 0600 00020000  0800 0900 00010000  0500 0b00 01000000"));
        assertThat(RingsChange.NONE.rx(64).tcpDataSplit(TcpDataSplit.ENABLED).undo(before))
                .isEqualTo(RingsChange.NONE.rx(512).tcpDataSplit(TcpDataSplit.DISABLED));
        assertThat(RingsChange.NONE.tx(64).undo(before)).isEqualTo(RingsChange.NONE.tx(256));
        assertThat(RingsChange.NONE.undo(before)).isEqualTo(RingsChange.NONE);
    }

    @Test
    void ringsThatTheDriverDoesNotReportAreLeftAndASplitThatItDoesNotReportIsItsOwnAgain() {
        Rings silent = Rings.of(reply(RingsSet.SET, ""));
        assertThat(RingsChange.NONE
                        .rx(1)
                        .tx(2)
                        .rxBufLen(3)
                        .hdsThresh(4)
                        .tcpDataSplit(TcpDataSplit.ENABLED)
                        .undo(silent))
                .isEqualTo(RingsChange.NONE.tcpDataSplit(TcpDataSplit.UNKNOWN));
    }

    @Test
    void channelsGoBackToWhatTheyWereWhereTheyWereChanged() {
        Channels before = Channels.of(reply(ChannelsSet.SET, "0800 0600 03000000  0800 0700 02000000"));
        assertThat(ChannelsChange.NONE.rxCount(1).combinedCount(9).undo(before))
                .isEqualTo(ChannelsChange.NONE.rxCount(3));
        assertThat(ChannelsChange.NONE.txCount(1).otherCount(9).undo(before)).isEqualTo(ChannelsChange.NONE.txCount(2));
    }

    @Test
    void featuresGoBackToWhatWasActive() {
        Features before = Features.of(reply(FeaturesSet.SET, """
                1c00 0480                                        # ACTIVE
                  0400 0100                                      #   NOMASK
                  1400 0380  1000 0180 0a00 0200 6f6e6e6f6e0000 00
                """.replaceAll("#.*", "")));
        assertThat(before.active()).containsExactly("onnon");
        assertThat(FeaturesChange.NONE.off("onnon").on("other").undo(before))
                .isEqualTo(FeaturesChange.NONE.on("onnon").off("other"));
    }

    private static Rss rss(int context, List<Integer> table) {
        Rss empty = Rss.of(reply(RssSet.SET, "0800 0300 01000000  0600 0500 aabb0000"));
        return new Rss(7, context, table, empty.hfunc(), empty.hkey(), empty.inputXfrm(), List.of(), List.of());
    }

    private static List<Integer> inTurn(int size, int queues) {
        return IntStream.range(0, size).map(i -> i % queues).boxed().toList();
    }

    @Test
    void aTableOverAllQueuesInTurnBecomesTheKernelsDefaultAgain() {
        RssChange change = RssChange.NONE.indir(List.of(0));
        assertThat(change.undo(rss(0, inTurn(8, 4)), 4)).isEqualTo(RssChange.NONE.indirDefault());
        assertThat(change.undo(rss(0, inTurn(8, 4)), 3)).isEqualTo(RssChange.NONE.indir(inTurn(8, 4)));
        assertThat(change.undo(rss(5, inTurn(8, 4)), 4)).isEqualTo(RssChange.NONE.indir(inTurn(8, 4)));
        assertThat(RssChange.NONE.undo(rss(0, inTurn(8, 4)), 4)).isEqualTo(RssChange.NONE);
    }

    @Test
    void keyFunctionAndTransformGoBackToWhatTheyWere() {
        assertThat(RssChange.NONE
                        .hkey(RssKey.of((byte) 1))
                        .hfunc(RssHashFunction.CRC32)
                        .inputXfrm(RssInputTransform.SYM_XOR)
                        .undo(rss(0, List.of()), 4))
                .isEqualTo(RssChange.NONE
                        .hkey(RssKey.parse("aa:bb"))
                        .hfunc(RssHashFunction.TOEPLITZ)
                        .inputXfrm(RssInputTransform.NONE));
    }
}
