/**
 * The whole job as one value: a NIC's receive queues leased to a container, with all that makes its traffic take that way.
 *
 * <p>{@link dev.qlease.lease.LeaseSpec} says what is wanted, {@link dev.qlease.lease.LeasePlan} what would be done,
 * {@link dev.qlease.lease.Lease} is what was done, and undoes it. What undoing needs outlives the process, below
 * {@code /run/qlease}.
 */
@NullMarked
package dev.qlease.lease;

import org.jspecify.annotations.NullMarked;
