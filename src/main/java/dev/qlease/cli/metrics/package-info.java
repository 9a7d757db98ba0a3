/** {@code qlease metrics}: printing and serving metrics in the format of Prometheus. */
@NullMarked
package dev.qlease.cli.metrics;

import org.jspecify.annotations.NullMarked;
