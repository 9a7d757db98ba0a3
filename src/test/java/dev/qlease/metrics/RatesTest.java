package dev.qlease.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class RatesTest {
    private final Rates rates = new Rates();

    private Rows next(Samples sample) {
        Rows rows = Rows.of(sample.make());
        rates.next(rows);
        return rows;
    }

    private Rate queue(Samples sample) {
        return rates.of(next(sample).queues().getFirst());
    }

    private static Samples eth0(long seconds) {
        return new Samples().at(seconds).device(2, "eth0", "0000:01:00.0");
    }

    @Test
    void theFirstSampleHasNoRates() {
        assertThat(queue(eth0(1).queue(2, 0, 10, 1000, 0))).isEqualTo(Rate.UNKNOWN);
    }

    @Test
    void ratesArePerSecondOfTheTimeBetween() {
        queue(eth0(1).queue(2, 0, 10, 1000, 1));
        Rate rate = queue(eth0(5).queue(2, 0, 50, 9000, 3));
        assertThat(rate.rxPackets()).contains(10.0);
        assertThat(rate.rxBytes()).contains(2000.0);
        assertThat(rate.allocFail()).contains(0.5);
        assertThat(rate.txPackets()).isEmpty();
    }

    @Test
    void aCounterThatWasResetHasNoRateAndNeitherHaveThoseBesideIt() {
        queue(eth0(1).queue(2, 0, 1000, 1000, 0));
        assertThat(queue(eth0(2).queue(2, 0, 10, 999_999_999, 0))).isEqualTo(Rate.UNKNOWN);
        assertThat(queue(eth0(3).queue(2, 0, 15, 999_999_999, 0)).rxPackets()).contains(5.0);
    }

    @Test
    void aDeviceThatTookTheIfindexOfAnotherStartsAnew() {
        queue(eth0(1).queue(2, 0, 10, 1000, 0));
        Samples other = new Samples().at(2).device(2, "eth0", "0000:02:00.0").queue(2, 0, 1L << 60, 1L << 60, 0);
        assertThat(queue(other)).isEqualTo(Rate.UNKNOWN);
    }

    @Test
    void whatWasAwayForASampleStartsAnew() {
        queue(eth0(1).queue(2, 0, 10, 1000, 0));
        assertThat(next(eth0(2)).queues()).isEmpty();
        assertThat(queue(eth0(3).queue(2, 0, 20, 1000, 0))).isEqualTo(Rate.UNKNOWN);
    }

    @Test
    void samplesOfTheSameTimeHaveNoRates() {
        queue(eth0(1).queue(2, 0, 10, 1000, 0));
        assertThat(queue(eth0(1).queue(2, 0, 20, 2000, 0))).isEqualTo(Rate.UNKNOWN);
    }

    @Test
    void countersAreUnsigned() {
        queue(eth0(1).queue(2, 0, Long.MAX_VALUE, 0, 0));
        assertThat(queue(eth0(2).queue(2, 0, Long.MAX_VALUE + 3, 0, 0)).rxPackets())
                .contains(3.0);
    }

    @Test
    void aLeaseHasTheRatesOfItsGuestAndItsGuardUnderItsId() {
        next(new Samples().at(1).lease("web", "0123456789abcdef", 100, Map.of("a", 1L, "b", 0L)));
        Rows rows = next(new Samples().at(2).lease("web", "0123456789abcdef", 300, Map.of("a", 3L, "b", 5L)));
        Rate rate = rates.of(rows.leases().getFirst());
        assertThat(rate.rxPackets()).contains(200.0);
        assertThat(rate.rxBytes()).contains(20_000.0);
        assertThat(rate.drops()).contains(7.0);
        rows = next(new Samples().at(3).lease("web", "fedcba9876543210", 900, Map.of()));
        assertThat(rates.of(rows.leases().getFirst())).isEqualTo(Rate.UNKNOWN);
    }

    @Test
    void aBindingIsTheSumOfItsQueuesAndPools() {
        Rows rows = Rows.of(
                eth0(1).bound(2, 0, 7, 3).bound(2, 1, 7, 4).bound(2, 2, 8, 1).make());
        assertThat(rows.bindings())
                .extracting(
                        Row.OfBinding::id,
                        Row.OfBinding::queues,
                        row -> row.inflight().orElse(0))
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(7, List.of(0, 1), 7L),
                        org.assertj.core.groups.Tuple.tuple(8, List.of(2), 1L));
    }

    @Property
    void noRateIsNegativeOrLargerThanTheGrowth(
            @ForAll long before, @ForAll long now, @ForAll @LongRange(min = -10, max = 1L << 40) long nanos) {
        Counters first = counters(before);
        Counters second = counters(now);
        Optional<Double> rate = Rate.between(first, second, nanos).rxPackets();
        if (nanos <= 0 || Long.compareUnsigned(now, before) < 0) {
            assertThat(rate).isEmpty();
        } else {
            double growth = Rate.unsigned(now - before);
            assertThat(rate.orElseThrow()).isBetween(0.0, growth * 1e9 / nanos * 1.000001 + 0.001);
        }
    }

    private static Counters counters(long packets) {
        return Rows.of(eth0(1).queue(2, 0, packets, 0, 0).make())
                .queues()
                .getFirst()
                .counters();
    }
}
