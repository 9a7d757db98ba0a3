/**
 * Wanted state as files: reading files, planning the difference from the state of the machine, applying it atomically,
 * verifying it and rolling it back. Not exported.
 *
 * <p>{@link dev.qlease.ops.StateFiles} reads files into {@link dev.qlease.ops.WantedLease}s, {@link dev.qlease.ops.Ops}
 * compares them with the leases of the machine and changes these. What it needs for undoing is kept in {@code
 * /run/qlease/ops}, and outlives the process.
 */
@NullMarked
package dev.qlease.ops;

import org.jspecify.annotations.NullMarked;
