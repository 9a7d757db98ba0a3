/**
 * Sampling leases, queues, bindings and page pools with their counters: for {@code qlease top} and {@code qlease
 * metrics}. Not exported.
 *
 * <p>A {@link dev.qlease.metrics.Sampler} reads a {@link dev.qlease.metrics.Sample}, of which each {@link
 * dev.qlease.metrics.Part} succeeds or fails by itself; {@link dev.qlease.metrics.Rows} relates its records to each
 * other, {@link dev.qlease.metrics.Rates} compares it with the one before, and {@link dev.qlease.metrics.Exposition}
 * turns it into metrics of Prometheus, which a {@link dev.qlease.metrics.MetricsServer} serves.
 */
@NullMarked
package dev.qlease.metrics;

import org.jspecify.annotations.NullMarked;
