package dev.qlease.ethtool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.ethtool.EthtoolAttributes.RssSet;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.MalformedMessageException;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.HexFormat;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Replies about RSS as a little-endian kernel sends them, and tables made of them. */
class RssTest {
    private static Rss parse(String hex) {
        String all = ("0c00 0180 0800 0100 07000000" + hex).replaceAll("#.*|\\s", "");
        return Rss.of(
                new Attributes(RssSet.SET, MemorySegment.ofArray(HexFormat.of().parseHex(all))));
    }

    private static Rss withTable(List<Integer> table) {
        return new Rss(7, 0, table, Optional.empty(), Optional.empty(), Optional.empty(), List.of(), List.of());
    }

    @Test
    void aContextHasItsTableKeyFunctionAndFields() {
        Rss rss = parse("""
                0800 0200 03000000                      # CONTEXT 3
                0c00 0400 01000000 02000000             # INDIR
                0800 0300 01000000                      # HFUNC toeplitz
                0800 0600 01000000                      # INPUT_XFRM sym-xor
                0700 0500 6d5aff00                      # HKEY
                1400 0880                               # FLOW_HASH
                  0800 0400 f0000000                    #   tcp4
                  0800 0300 30000000                    #   ip6
                0500 2a00 55000000
                """);
        assertThat(rss.ifindex()).isEqualTo(7);
        assertThat(rss.context()).isEqualTo(3);
        assertThat(rss.indir()).containsExactly(1, 2);
        assertThat(rss.hfunc()).contains(RssHashFunction.TOEPLITZ);
        assertThat(rss.inputXfrm().orElseThrow()).hasToString("[sym-xor]");
        assertThat(rss.hkey().orElseThrow()).hasToString("6d:5a:ff");
        assertThat(rss.flowHash())
                .extracting(RssFlowHash::toString)
                .containsExactly(
                        "RssFlowHash[flow=ip6, fields=[ip-src, ip-dst]]",
                        "RssFlowHash[flow=tcp4, fields=[ip-src, ip-dst, l4-b-0-1, l4-b-2-3]]");
        assertThat(rss.unknown()).singleElement().hasFieldOrPropertyWithValue("type", 42);
    }

    @Test
    void theMainContextIsNumberZeroAndWhatIsNotSaidIsEmpty() {
        Rss rss = parse("");
        assertThat(rss.context()).isZero();
        assertThat(rss.indir()).isEmpty();
        assertThat(rss.hfunc()).isEmpty();
        assertThat(rss.hkey()).isEmpty();
        assertThat(rss.flowHash()).isEmpty();
    }

    @Test
    void aTableOfHalfANumberIsMalformed() {
        assertThatThrownBy(() -> parse("0a00 0400 01000000 02000000"))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageContaining("6 bytes are not a table of 32-bit numbers");
    }

    @Property
    void aTableSpreadsOverTheQueuesGivenAndNoOthersAsEvenlyAsItCan(
            @ForAll @IntRange(min = 1, max = 300) int size,
            @ForAll @Size(min = 1, max = 40) Set<@IntRange(min = 0, max = 500) Integer> queues) {
        Rss rss = withTable(Collections.nCopies(size, 0));
        if (queues.size() > size) {
            assertThatIllegalArgumentException().isThrownBy(() -> rss.spreadOver(queues));
            return;
        }
        List<Integer> table = rss.spreadOver(queues);
        assertThat(table).hasSize(size).hasSameElementsAs(queues);
        IntSummaryStatistics often = queues.stream()
                .mapToInt(queue -> Collections.frequency(table, queue))
                .summaryStatistics();
        assertThat(often.getMax() - often.getMin()).isBetween(0, 1);
    }

    @Test
    void theDefaultIsOverAllQueuesInTurn() {
        Rss rss = withTable(Collections.nCopies(128, 0));
        assertThat(rss.spreadsOver(1)).isTrue();
        assertThat(rss.spreadsOver(4)).isFalse();
        assertThat(rss.spreadOver(3))
                .isEqualTo(IntStream.range(0, 128).map(i -> i % 3).boxed().toList());
        assertThat(withTable(rss.spreadOver(3)).spreadsOver(3)).isTrue();
        assertThat(withTable(rss.spreadOver(3)).spreadsOver(4)).isFalse();
        assertThat(rss.spreadsOver(0)).isFalse();
    }

    @Test
    void spreadingOverNothingSaysSo() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> withTable(List.of(0, 1)).spreadOver(0))
                .withMessage("the table of device 7 has 2 entries: it spreads over 1 to as many queues, not over 0");
    }
}
