package dev.qlease.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class NamesTest {
    private record Kind(long number) implements NamedValue {
        private static final Names NAMES = Names.of("rx", "tx");

        @Override
        public Names names() {
            return NAMES;
        }
    }

    @Test
    void anEnumsValueIsShownByItsNameOrItsNumber() {
        assertThat(new Kind(1).text()).isEqualTo("tx");
        assertThat(new Kind(2).text()).isEqualTo("2");
        assertThat(Names.of(Map.of(254L, "main")).name(254)).isEqualTo("main");
        assertThat(Names.NONE.name(-1)).isEqualTo("18446744073709551615");
        assertThat(Names.SIGNED.name(-1)).isEqualTo("-1");
    }

    @Test
    void flagsAreShownLowestBitFirst() {
        Names names = Names.ofMasks(Map.of(1L, "low", 1L << 63, "high", 6L, "both"));
        assertThat(names.flags(7 | 1L << 63)).containsExactly("low", "both", "high");
        assertThat(names.flags(2)).containsExactly("0x2");
        assertThat(names.flags(0)).isEmpty();
        assertThat(names.flags(-1)).hasSize(3 + 60).endsWith("0x4000000000000000");
        assertThat(names.areFlags()).isTrue();
        assertThat(names.format(3)).isEqualTo("[low, 0x2]");
    }

    @Test
    void theNameForNoFlagIsNotInTheOthers() {
        Names names = Names.ofMasks(Map.of(0L, "none", 1L, "a"));
        assertThat(names.flags(0)).containsExactly("none");
        assertThat(names.flags(1)).containsExactly("a");
    }

    @Test
    void aNameLeadsBackToItsValue() {
        assertThat(Names.ofBits("a", "b").value("b")).hasValue(2);
        assertThat(Names.of("a", "b").value("b")).hasValue(1);
        assertThat(Names.of("a").value("c")).isEqualTo(OptionalLong.empty());
    }
}
