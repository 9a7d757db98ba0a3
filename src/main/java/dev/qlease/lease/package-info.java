/**
 * Leases of a NIC's receive queues to a container, with everything that directs the container's traffic to them.
 *
 * {@snippet :
 * LeaseSpec spec = LeaseSpec.of("eth0", container).address(IpPrefix.parse("2001:db8:2::2/64")).build();
 * try (Leases leases = Leases.open();
 *         Lease lease = leases.create(spec)) {
 *     Device guest = lease.device();
 * }
 * }
 *
 * <p>{@link dev.qlease.lease.LeaseSpec} specifies a lease, {@link dev.qlease.lease.LeasePlan} lists the changes that
 * creating it takes, and {@link dev.qlease.lease.Lease} is the lease that was created; closing it undoes the changes.
 * The records needed for undoing are kept in {@code /run/qlease} and outlive the process.
 */
@NullMarked
package dev.qlease.lease;

import org.jspecify.annotations.NullMarked;
