package dev.qlease.cli.bench;

import dev.qlease.cli.args.Addresses;
import dev.qlease.cli.args.Values;
import dev.qlease.cli.output.Output;
import dev.qlease.cli.output.Table;
import dev.qlease.cli.transfer.TransferProgress;
import dev.qlease.rtnetlink.Link;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * The results of {@code qlease bench}, as text.
 *
 * @param request what was requested
 * @param link the device
 * @param memory the provider of the dma-bufs
 * @param results a result for each chunk size and direction, with device memory and then with ordinary TCP
 */
record Report(BenchRequest request, Link link, String memory, List<Result> results) {
    private static final double MIB = 1 << 20;
    private static final int PERCENT = 100;

    Report {
        results = List.copyOf(results);
    }

    /** A result as JSON, and as a line of CSV. */
    private record Row(
            String direction,
            int chunk,
            String with,
            long bytesPerSecond,
            double cpuSecondsPerGib,
            double copiedPercent,
            double calls,
            Optional<Double> timesOrdinaryTcp,
            Optional<Double> cpuTimesOrdinaryTcp,
            long bytes,
            int turns,
            String memory,
            int ifindex,
            String ifname,
            String to) {}

    /** Prints the results in the requested format. */
    void print(Output output) throws IOException {
        List<Row> rows = results.stream().map(this::row).toList();
        switch (request.format()) {
            case JSON -> output.json(rows);
            case CSV -> output.csv(rows);
            case TABLE -> {
                output.printLine(title());
                output.print(table().format(rows));
            }
        }
        output.flush();
    }

    /** Returns a line that says what was measured. */
    String title() {
        return link.ifname() + " and " + Addresses.text(request.to()) + ", " + memory + ", "
                + Values.text(request.bytes()) + " per run, "
                + (request.turns() == 1 ? "1 run" : "medians of " + request.turns() + " runs");
    }

    private Row row(Result result) {
        return new Row(
                result.direction().text(),
                result.chunk(),
                result.means().text(),
                Math.round(result.bytesPerSecond()),
                TransferProgress.micros(result.processorSecondsPerGib()),
                TransferProgress.micros(result.copied() * PERCENT),
                result.calls(),
                ratio(result, Result::bytesPerSecond),
                ratio(result, Result::processorSecondsPerGib),
                request.bytes(),
                request.turns(),
                memory,
                link.ifindex(),
                link.ifname(),
                Addresses.text(request.to()));
    }

    /** Returns a figure of device memory relative to that of ordinary TCP; empty for the latter. */
    private Optional<Double> ratio(Result result, ToDoubleFunction<Result> figure) {
        return results.stream()
                .filter(other -> result.means() == Means.DEVICE_MEMORY
                        && other.means() == Means.ORDINARY_TCP
                        && other.direction() == result.direction()
                        && other.chunk() == result.chunk()
                        && figure.applyAsDouble(other) > 0)
                .findFirst()
                .map(other -> TransferProgress.micros(figure.applyAsDouble(result) / figure.applyAsDouble(other)));
    }

    private static Table<Row> table() {
        return new Table<Row>()
                .text("direction", Row::direction)
                .number(
                        "chunk",
                        row -> Values.text(row.chunk()).replace(" bytes", "").replace(" byte", ""))
                .text("with", Row::with)
                .number("MiB/s", row -> TransferProgress.decimal(row.bytesPerSecond() / MIB, 1))
                .number("CPU-s/GiB", row -> TransferProgress.decimal(row.cpuSecondsPerGib(), 3))
                .number("copied", row -> TransferProgress.decimal(row.copiedPercent(), 1) + "%")
                .number("calls", row -> Long.toString(Math.round(row.calls())))
                .number("vs-TCP", row -> times(row.timesOrdinaryTcp()))
                .number("CPU-vs-TCP", row -> times(row.cpuTimesOrdinaryTcp()));
    }

    private static String times(Optional<Double> ratio) {
        return ratio.map(times -> TransferProgress.decimal(times, 2) + "x").orElse("");
    }
}
