package dev.qlease.ethtool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.ethtool.StandardStatistics.StatsSet;
import dev.qlease.netlink.Attributes;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A reply as a little-endian kernel sends it, byte for byte. */
class StandardStatisticsTest {
    private static List<StandardStatistics.Numbered> parse(String hex) {
        String digits = hex.replaceAll("#.*|\\s", "");
        return StandardStatistics.read(new Attributes(
                StatsSet.SET, MemorySegment.ofArray(HexFormat.of().parseHex(digits))));
    }

    @Test
    void countersAreNamedByTheirPlacesAndRangesByTheirBounds() {
        List<StandardStatistics.Numbered> groups = parse("""
                0c00 0280 0800 0100 07000000             # HEADER
                5400 0480                                # GRP
                  0800 0200 03000000                     #   ID 3
                  0800 0300 14000000                     #   SS_ID 20
                  2000 0580                              #   HIST_RX
                    0800 0700 40000000                   #     BKT_LOW 64
                    0800 0800 7f000000                   #     BKT_HI 127
                    0c00 0900 0500000000000000           #     VAL 5
                  1000 0480 0c00 0000 ffffffffffffffff   #   STAT 0
                  1000 0480 0c00 0200 0200000000000000   #   STAT 2
                """);
        assertThat(groups).hasSize(1);
        assertThat(groups.getFirst().stringSet()).isEqualTo(20);
        StatisticsGroup named = groups.getFirst().named(Map.of(3, "rmon"), Map.of(0, "undersize", 1, "oversize"));
        assertThat(named.name()).isEqualTo("rmon");
        assertThat(named.statistics())
                .extracting(Statistic::toString)
                .containsExactly(
                        "undersize: 18446744073709551615", "counter 2: 2", "rx-etherStatsPkts64to127Octets: 5");
    }

    @Test
    void aGroupWithoutANameIsANumber() {
        StandardStatistics.Numbered group =
                parse("1400 0480  0800 0200 09000000  0800 0300 32000000").getFirst();
        assertThat(group.named(Map.of(), Map.of())).isEqualTo(new StatisticsGroup("group 9", List.of()));
    }
}
