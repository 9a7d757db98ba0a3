package dev.qlease.node.status;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import java.time.Duration;

/** Numbers of durations by their length. Thread-safe. */
final class Histogram {
    /** Leasing takes a tenth of a second; kubelet waits for a minute at most. In seconds. */
    private static final double[] BOUNDS = {
        0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, Double.POSITIVE_INFINITY
    };

    private final long[] counts = new long[BOUNDS.length];
    private double sum;

    synchronized void add(Duration duration) {
        double seconds = duration.toNanos() / 1e9;
        int bucket = 0;
        while (seconds > BOUNDS[bucket]) {
            bucket++;
        }
        counts[bucket]++;
        sum += seconds;
    }

    synchronized HistogramDataPointSnapshot snapshot() {
        return HistogramDataPointSnapshot.builder()
                .classicHistogramBuckets(ClassicHistogramBuckets.of(BOUNDS, counts))
                .sum(sum)
                .build();
    }
}
