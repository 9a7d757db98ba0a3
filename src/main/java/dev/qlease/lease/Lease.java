package dev.qlease.lease;

import java.util.List;

/**
 * A lease that this process made. Closing it deletes it and puts the NIC back as it was, unless it was {@linkplain #keep()
 * kept}. It belongs to who made it; the process's end alone does not end it, {@code qlease lease delete} or
 * {@link Leases#delete} does. Safe for use by many threads.
 */
public final class Lease implements AutoCloseable {
    private final Leases leases;
    private final LeaseInfo info;
    private boolean mine = true;

    Lease(Leases leases, LeaseInfo info) {
        this.leases = leases;
        this.info = info;
    }

    /** What was leased to whom. */
    public LeaseInfo info() {
        return info;
    }

    /** The guest's device, by its number in the guest's namespace: what memory is bound to. */
    public int guestIfindex() {
        return info.guestIfindex();
    }

    /** The leased queues. */
    public List<LeasedQueue> queues() {
        return info.queues();
    }

    /** Has the lease outlive this object. */
    public synchronized Lease keep() {
        mine = false;
        return this;
    }

    /**
     * Deletes the lease, unless it is kept. Does nothing again, nor if somebody else has deleted it.
     *
     * @throws LeaseException if something could not be undone; {@link Leases#delete} tries that again
     */
    @Override
    public synchronized void close() {
        if (mine) {
            mine = false;
            leases.deleteIfThere(info.name());
        }
    }

    @Override
    public String toString() {
        return "lease " + info.name() + " of " + info.nic() + " queues " + info.queues() + " to " + info.netns();
    }
}
