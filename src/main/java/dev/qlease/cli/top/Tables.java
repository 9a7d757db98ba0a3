package dev.qlease.cli.top;

import dev.qlease.cli.args.SortColumn;
import dev.qlease.metrics.Rate;
import dev.qlease.metrics.Rates;
import dev.qlease.metrics.Row;
import dev.qlease.metrics.Rows;
import dev.qlease.netdev.QueueType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The tables of a refresh, sorted. */
final class Tables {
    /** The number of tables. */
    static final int COUNT = 4;

    private final Rates rates;
    private final SortColumn sort;
    private final boolean reversed;

    Tables(Rates rates, SortColumn sort, boolean reversed) {
        this.rates = rates;
        this.sort = sort;
        this.reversed = reversed;
    }

    /**
     * A table.
     *
     * @param title what its rows are
     * @param grid its columns
     * @param rows its rows, sorted
     */
    record Section<R extends Row>(String title, Grid<R> grid, List<R> rows) {
        /** Returns the header and the rows from {@code first} on, {@code count} at most, as lines. */
        List<String> lines(int first, int count, int width) {
            int from = Math.min(first, rows.size());
            return grid.lines(rows.subList(from, Math.min(rows.size(), from + count)), width);
        }

        /** Returns the whole table, each line ended. */
        String whole() {
            return grid.whole(rows);
        }
    }

    /** Returns the tables of {@code rows}. */
    List<Section<?>> of(Rows rows) {
        return List.of(
                new Section<>("leases", leases(), sorted(rows.leases())),
                new Section<>("queues", queues(), sorted(rows.queues())),
                new Section<>("bindings", bindings(), sorted(rows.bindings())),
                new Section<>("page pools", pools(), sorted(rows.pools())));
    }

    /** Returns the rows with the largest values first, or by name; those without a value are last. */
    <R extends Row> List<R> sorted(List<R> rows) {
        List<R> sorted = new ArrayList<>(rows);
        if (sort != SortColumn.NAME) {
            // The order by name remains among equals.
            Comparator<R> ascending =
                    Comparator.comparingDouble(row -> value(row).orElse(-1.0));
            sorted.sort(reversed ? ascending : ascending.reversed());
            return sorted;
        }
        return reversed ? sorted.reversed() : sorted;
    }

    private Optional<Double> value(Row row) {
        Rate rate = rates.of(row);
        return switch (sort) {
            case NAME -> Optional.empty();
            case RX_PACKETS -> rate.rxPackets();
            case RX_BYTES -> rate.rxBytes();
            case TX_PACKETS -> rate.txPackets();
            case TX_BYTES -> rate.txBytes();
            case ALLOC_FAIL -> rate.allocFail();
            case DROPS -> rate.drops();
            case ALLOCATIONS -> rate.allocations();
            case INFLIGHT -> inflight(row);
        };
    }

    private static Optional<Double> inflight(Row row) {
        OptionalLong inflight = switch (row) {
            case Row.OfBinding binding -> binding.inflight();
            case Row.OfPool pool -> OptionalLong.of(pool.pool().inflight());
            case Row.OfLease _, Row.OfQueue _ -> OptionalLong.empty();
        };
        return inflight.isPresent() ? Optional.of(Rate.unsigned(inflight.getAsLong())) : Optional.empty();
    }

    private <R extends Row> Function<R, String> rate(Function<Rate, Optional<Double>> rate) {
        return row -> Numbers.rate(rate.apply(rates.of(row)));
    }

    private Grid<Row.OfLease> leases() {
        return new Grid<Row.OfLease>()
                .text("LEASE", 0, Row.OfLease::name)
                .text("STATUS", 1, row -> row.info().status().text())
                .text("NIC", 5, row -> row.info().nic())
                .number("QUEUES", 6, row -> Integer.toString(row.info().queues().size()))
                .number("RX-PKT/S", 3, rate(Rate::rxPackets))
                .number("RX-B/S", 2, rate(Rate::rxBytes))
                .number("TX-PKT/S", 3, rate(Rate::txPackets))
                .number("TX-B/S", 2, rate(Rate::txBytes))
                .number("DROP/S", 4, rate(Rate::drops))
                .number("DROPS", 7, row -> Numbers.count(row.counters().drops()))
                .text("GUEST", 8, row -> row.info().guest())
                .text("NETNS", 9, row -> row.info().netns());
    }

    private Grid<Row.OfQueue> queues() {
        return new Grid<Row.OfQueue>()
                .text("QUEUE OF", 0, Row.OfQueue::name)
                .number(
                        "ID",
                        0,
                        row -> row.queue().type().text() + "-" + row.queue().id())
                .text("STATE", 2, row -> row.state().name().toLowerCase(Locale.ROOT))
                .number(
                        "PKT/S",
                        3,
                        row -> Numbers.rate(
                                receives(row)
                                        ? rates.of(row).rxPackets()
                                        : rates.of(row).txPackets()))
                .number(
                        "B/S",
                        1,
                        row -> Numbers.rate(
                                receives(row)
                                        ? rates.of(row).rxBytes()
                                        : rates.of(row).txBytes()))
                .number("NOMEM/S", 4, rate(Rate::allocFail))
                .number("NOMEM", 7, row -> Numbers.count(row.counters().allocFail()))
                .number("DROP/S", 5, rate(Rate::drops))
                .number("DROPS", 8, row -> Numbers.count(row.counters().drops()))
                .text("MEMORY", 6, Tables::memory)
                .text("LEASED TO", 9, Tables::lease);
    }

    private static boolean receives(Row.OfQueue row) {
        return row.queue().type().equals(QueueType.RX);
    }

    private static String memory(Row.OfQueue row) {
        if (row.queue().dmabuf().isPresent()) {
            return memory(row.queue().dmabuf());
        }
        if (row.queue().ioUring().isPresent()) {
            return "io-uring";
        }
        return row.queue().xsk().isPresent() ? "xsk" : "";
    }

    private static String memory(OptionalInt dmabuf) {
        return dmabuf.isPresent() ? "dmabuf:" + Integer.toUnsignedString(dmabuf.getAsInt()) : "";
    }

    private static String lease(Row.OfQueue row) {
        return row.queue()
                .lease()
                .map(lease -> "ifindex:" + lease.ifindex() + ","
                        + lease.queue().type().text() + "-" + lease.queue().id()
                        + (lease.netnsId().isPresent()
                                ? ",netns-id:" + lease.netnsId().getAsInt()
                                : ""))
                .orElse("");
    }

    private Grid<Row.OfBinding> bindings() {
        return new Grid<Row.OfBinding>()
                .text("BINDING OF", 0, Row.OfBinding::name)
                .number("ID", 0, row -> Integer.toUnsignedString(row.id()))
                .text(
                        "QUEUES",
                        3,
                        row -> row.queues().stream().map(String::valueOf).collect(Collectors.joining(",")))
                .number("RX-PKT/S", 4, rate(Rate::rxPackets))
                .number("RX-B/S", 1, rate(Rate::rxBytes))
                .number("INFLIGHT", 2, row -> Numbers.count(row.inflight()))
                .number("INFLIGHT-B", 5, row -> Numbers.count(row.inflightMem()));
    }

    private Grid<Row.OfPool> pools() {
        return new Grid<Row.OfPool>()
                .text("POOL OF", 0, Row.OfPool::name)
                .number("ID", 0, row -> Long.toUnsignedString(row.pool().id()))
                .number("ALLOC/S", 2, rate(Rate::allocations))
                .number("INFLIGHT", 1, row -> Numbers.count(row.pool().inflight()))
                .number("INFLIGHT-B", 3, row -> Numbers.count(row.pool().inflightMem()))
                .text(
                        "MEMORY",
                        4,
                        row -> row.pool().ioUring().isPresent()
                                ? "io-uring"
                                : memory(row.pool().dmabuf()));
    }
}
