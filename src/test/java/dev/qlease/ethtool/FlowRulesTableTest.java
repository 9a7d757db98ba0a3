package dev.qlease.ethtool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.ffi.uapi.Uapi;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Where a new rule goes that may go anywhere. */
class FlowRulesTableTest {
    @Test
    void aDriverThatFindsLocationsItselfIsLeftToIt() {
        assertThat(new FlowRules.Table(64, true, List.of()).free()).hasValue(Uapi.RX_CLS_LOC_ANY());
    }

    @Test
    void withAnyOtherItIsTheHighestThatIsFree() {
        assertThat(new FlowRules.Table(64, false, List.of()).free()).hasValue(63);
        assertThat(new FlowRules.Table(64, false, List.of(63, 1, 62)).free()).hasValue(61);
        List<Integer> allButTheFirst = IntStream.range(1, 64).boxed().toList();
        assertThat(new FlowRules.Table(64, false, allButTheFirst).free()).hasValue(0);
    }

    @Test
    void aFullTableAndOneOfUnknownSizeHaveNone() {
        assertThat(new FlowRules.Table(2, false, List.of(0, 1)).free()).isEmpty();
        assertThat(new FlowRules.Table(0, false, List.of()).free()).isEmpty();
    }
}
