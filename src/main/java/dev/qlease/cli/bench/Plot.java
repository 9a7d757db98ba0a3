package dev.qlease.cli.bench;

import dev.qlease.cli.args.Values;
import dev.qlease.cli.transfer.TransferProgress;
import java.util.List;

/**
 * Draws throughput by chunk size: a line for each direction and means, over a logarithmic axis. It has a white
 * background of its own, so that it can be read on any page.
 */
final class Plot {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 440;
    private static final int LEFT = 80;
    private static final int RIGHT = 20;
    private static final int TOP = 60;
    private static final int BOTTOM = 110;
    private static final int PADDING = 30;
    private static final int GRID_LINES = 5;
    private static final int LABEL_WIDTH = 56;
    private static final int LEGEND_WIDTH = 165;
    private static final double MIB = 1 << 20;

    /** Colours of Okabe and Ito, which people with colour blindness can distinguish; markers and dashes differ too. */
    private static final List<String> COLOURS = List.of("#0072b2", "#d55e00", "#009e73", "#a04078");

    private final Report report;
    private final Svg svg = new Svg(WIDTH, HEIGHT);
    private final double least;
    private final double most;
    private final double step;

    private Plot(Report report) {
        this.report = report;
        this.least = log(report.results().stream().mapToInt(Result::chunk).min().orElse(1));
        this.most = log(report.results().stream().mapToInt(Result::chunk).max().orElse(1));
        this.step = step(report.results().stream()
                        .mapToDouble(Result::bytesPerSecond)
                        .max()
                        .orElse(0)
                / MIB);
    }

    /** Returns the plot as SVG. */
    static String draw(Report report) {
        Plot plot = new Plot(report);
        plot.drawAxes();
        int series = 0;
        int shown = 0;
        for (Direction direction : Direction.values()) {
            for (Means means : Means.values()) {
                List<Result> results = report.results().stream()
                        .filter(result -> result.direction() == direction && result.means() == means)
                        .sorted((a, b) -> Integer.compare(a.chunk(), b.chunk()))
                        .toList();
                if (!results.isEmpty()) {
                    plot.drawSeries(series, shown, direction.text() + ", " + words(means), results);
                    shown++;
                }
                series++;
            }
        }
        return plot.svg.text("Throughput by chunk size", report.title());
    }

    private static String words(Means means) {
        return means == Means.DEVICE_MEMORY ? "device memory" : "ordinary TCP";
    }

    private static double log(int chunk) {
        return Math.log(chunk) / Math.log(2);
    }

    /** Returns the distance of grid lines in MiB/s, 1, 2 or 5 times a power of ten: as many as are needed reach top. */
    static double step(double top) {
        double least = Math.max(top, 1e-3) / GRID_LINES;
        double power = Math.pow(10, Math.floor(Math.log10(least)));
        for (int factor : new int[] {1, 2, 5}) {
            if (factor * power >= least) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    private double x(int chunk) {
        double width = WIDTH - LEFT - RIGHT - 2 * PADDING;
        double part = most > least ? (log(chunk) - least) / (most - least) : 0.5;
        return LEFT + PADDING + part * width;
    }

    private double y(double mebibytes) {
        double height = HEIGHT - TOP - BOTTOM;
        return HEIGHT - BOTTOM - mebibytes / (step * GRID_LINES) * height;
    }

    private void drawAxes() {
        svg.text(LEFT, 26, "start", "title", "Throughput by chunk size");
        svg.text(LEFT, 46, "start", "small", report.title());
        for (int i = 0; i <= GRID_LINES; i++) {
            double y = y(i * step);
            svg.line(i == 0 ? "axis" : "grid", LEFT, y, WIDTH - RIGHT, y);
            svg.text(LEFT - 8, y + 5, "end", "", TransferProgress.decimal(i * step, decimals()));
        }
        svg.line("axis", LEFT, TOP, LEFT, HEIGHT - BOTTOM);
        double free = 0;
        for (int chunk :
                report.results().stream().map(Result::chunk).distinct().sorted().toList()) {
            double x = x(chunk);
            svg.line("axis", x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 5);
            if (x >= free) {
                svg.text(x, HEIGHT - BOTTOM + 22, "middle", "", Values.text(chunk));
                free = x + LABEL_WIDTH;
            }
        }
        svg.text(
                (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - BOTTOM + 46, "middle", "", "bytes per system call, logarithmic");
        svg.vertical(22, (TOP + HEIGHT - BOTTOM) / 2.0, "MiB/s");
    }

    private int decimals() {
        return (int) Math.clamp(Math.ceil(-Math.log10(step)), 0, 6);
    }

    private void drawSeries(int series, int place, String name, List<Result> results) {
        String colour = COLOURS.get(series);
        boolean dashed = series % 2 == 1;
        double[] xs = results.stream().mapToDouble(result -> x(result.chunk())).toArray();
        double[] ys = results.stream()
                .mapToDouble(result -> y(result.bytesPerSecond() / MIB))
                .toArray();
        svg.polyline(colour, dashed, xs, ys);
        for (int i = 0; i < xs.length; i++) {
            svg.marker(series, colour, xs[i], ys[i]);
        }
        double x = LEFT + place * LEGEND_WIDTH;
        double y = HEIGHT - 26;
        svg.polyline(colour, dashed, new double[] {x, x + 30}, new double[] {y, y});
        svg.marker(series, colour, x + 15, y);
        svg.text(x + 36, y + 5, "start", "small", name);
    }
}
