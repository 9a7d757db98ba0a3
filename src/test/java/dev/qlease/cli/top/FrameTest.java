package dev.qlease.cli.top;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.args.SortColumn;
import dev.qlease.metrics.Part;
import dev.qlease.metrics.Rates;
import dev.qlease.metrics.Rows;
import dev.qlease.metrics.Sample;
import dev.qlease.metrics.Samples;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is shown on terminals of any size. */
class FrameTest {
    private static final String HOSTILE = "\u001b[2Jz\udcff\n漢字漢字漢字漢字e\u0301\u202e";

    private final Rates rates = new Rates();

    private Refresh refresh(Samples... samples) {
        Refresh refresh = null;
        for (Samples each : samples) {
            Sample sample = each.make();
            Rows rows = Rows.of(sample);
            rates.next(rows);
            refresh = new Refresh(sample, rows, rates);
        }
        return refresh;
    }

    private List<String> lines(Refresh refresh, SortColumn sort, Frame frame, int width, int height) {
        return frame.lines(refresh, new Tables(rates, sort, false).of(refresh.rows()), width, height);
    }

    private static Samples machine(long seconds, int queues) {
        Samples samples =
                new Samples().at(seconds).device(2, HOSTILE, "0000:01:00.0").device(3, "eth1", "0000:02:00.0");
        for (int i = 0; i < queues; i++) {
            samples.queue(2, i, seconds * 100 * i, seconds * 150_000L * i, seconds * i);
        }
        samples.bound(3, 0, 7, 12).leased(3, 1);
        return samples.lease(HOSTILE, "0123456789abcdef", seconds * 50, Map.of("a", seconds))
                .lease("web", "fedcba9876543210", seconds * 5000, Map.of());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 10, 20, 39, 40, 41, 63, 80, 100, 132, 200, 300, 1000})
    void noLineIsWiderThanTheTerminalAndNoneMovesItsCursor(int width) {
        Refresh refresh = refresh(machine(1, 40), machine(3, 40));
        for (int height : new int[] {1, 2, 3, 4, 7, 24, 25, 60, 200}) {
            for (int view = 0; view <= Tables.COUNT; view++) {
                for (int scroll : new int[] {0, 5, 1000}) {
                    List<String> lines = lines(
                            refresh, SortColumn.NAME, new Frame("all devices " + HOSTILE, view, scroll), width, height);
                    assertThat(lines).hasSize(height);
                    assertThat(lines).allSatisfy(line -> {
                        assertThat(TextWidth.of(line)).isLessThanOrEqualTo(width);
                        assertThat(line.codePoints())
                                .noneMatch(c -> Character.isISOControl(c)
                                        || Character.getType(c) == Character.FORMAT
                                        || Character.getType(c) == Character.SURROGATE);
                    });
                }
            }
        }
    }

    @Test
    void fortyColumnsHaveTheNamesAndTheBytes() {
        Refresh refresh = refresh(machine(1, 2), machine(3, 2));
        List<String> lines = lines(refresh, SortColumn.NAME, new Frame("t", 0, 0), 40, 24);
        assertThat(lines).anySatisfy(line -> assertThat(line).matches("LEASE +STATUS +RX-B/S +TX-B/S"));
        assertThat(lines).anySatisfy(line -> assertThat(line).matches("web +ready +500k +0"));
    }

    @Test
    void threeHundredColumnsHaveEverything() {
        Refresh refresh = refresh(machine(1, 2), machine(3, 2));
        List<String> lines = lines(refresh, SortColumn.NAME, new Frame("t", 0, 0), 300, 24);
        assertThat(lines)
                .anySatisfy(line -> assertThat(line)
                        .contains("LEASE", "STATUS", "NIC", "QUEUES", "RX-PKT/S", "DROP/S", "DROPS", "GUEST", "NETNS"));
        assertThat(lines)
                .anySatisfy(line -> assertThat(line).startsWith("\\u001b[2Jz\\xff\\n漢字漢字漢字漢字e\u0301\\u202e ready"));
        assertThat(lines).anySatisfy(line -> assertThat(line).matches("eth1 +rx-0 bound .* dmabuf:7 .*"));
    }

    @Test
    void eachTableHasItsShareAndSaysWhatIsLeftOut() {
        Refresh refresh = refresh(machine(1, 100), machine(2, 100));
        List<String> lines = lines(refresh, SortColumn.NAME, new Frame("t", 0, 0), 80, 24);
        assertThat(lines).anySatisfy(line -> assertThat(line).startsWith("LEASE "));
        assertThat(lines).anySatisfy(line -> assertThat(line).startsWith("BINDING OF"));
        assertThat(lines).anySatisfy(line -> assertThat(line).startsWith("POOL OF"));
        assertThat(lines).anySatisfy(line -> assertThat(line).matches("\\(\\d+ more queues\\)"));
        long shown = lines.stream()
                .filter(line -> line.matches(".* rx-\\d+ (free|bound|leased).*"))
                .count();
        String more = lines.stream()
                .filter(line -> line.endsWith(" more queues)"))
                .findFirst()
                .orElseThrow();
        assertThat(shown + Integer.parseInt(more.replaceAll("\\D", ""))).isEqualTo(102);
    }

    @Test
    void aTableAloneIsScrolledToItsEndAndNoFurther() {
        Refresh refresh = refresh(machine(1, 50));
        List<String> lines = lines(refresh, SortColumn.NAME, new Frame("t", 2, 10_000), 80, 10);
        assertThat(lines.get(lines.size() - 2)).matches(".* rx-1 leased.*");
        assertThat(lines).noneMatch(line -> line.contains(" more "));
    }

    @Test
    void theBusiestComeFirstAndWhatIsNotKnownLast() {
        Refresh refresh = refresh(machine(1, 5), machine(2, 5));
        Tables tables = new Tables(rates, SortColumn.RX_BYTES, false);
        assertThat(tables.sorted(refresh.rows().queues()))
                .extracting(row -> row.device().ifindex() * 10 + row.queue().id())
                .startsWith(24, 23, 22, 21, 20);
        assertThat(new Tables(rates, SortColumn.RX_BYTES, true)
                        .sorted(refresh.rows().queues())
                        .getLast()
                        .queue()
                        .id())
                .isEqualTo(4);
        assertThat(tables.sorted(refresh.rows().leases()).getFirst().name()).isEqualTo("web");
        assertThat(new Tables(rates, SortColumn.INFLIGHT, false)
                        .sorted(refresh.rows().pools()))
                .hasSize(1);
    }

    @Test
    void whatCannotBeReadIsToldInTheLastLine() {
        Refresh refresh = refresh(machine(1, 1).stats(Part.Outcome.FAILED));
        assertThat(lines(refresh, SortColumn.NAME, new Frame("t", 0, 0), 80, 24).getLast())
                .startsWith("queue-stats: ");
    }

    @Test
    void numbersHaveSixCharactersAtMost() {
        assertThat(Numbers.rate(Optional.of(0.0))).isEqualTo("0");
        assertThat(Numbers.rate(Optional.of(0.5))).isEqualTo("0.5");
        assertThat(Numbers.rate(Optional.of(99.96))).hasSizeLessThanOrEqualTo(6);
        for (double number = 0.001; number < 2e19; number *= 1.37) {
            assertThat(Numbers.rate(Optional.of(number)))
                    .matches("\\d{1,4}(\\.\\d)?[kMGTPE]?")
                    .hasSizeLessThanOrEqualTo(6);
        }
        assertThat(Numbers.rate(Optional.of(9999.0))).isEqualTo("9999");
        assertThat(Numbers.rate(Optional.of(10_000.0))).isEqualTo("10.0k");
        assertThat(Numbers.rate(Optional.of(999_700.0))).isEqualTo("1.0M");
        assertThat(Numbers.count(OptionalLong.of(-1))).isEqualTo("18.4E");
        assertThat(Numbers.count(OptionalLong.empty())).isEmpty();
    }
}
