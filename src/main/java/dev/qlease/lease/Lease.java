package dev.qlease.lease;

import dev.qlease.devmem.Device;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.rtnetlink.Link;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A lease that this process created. Closing it deletes the lease and restores the NIC, unless the lease was
 * {@linkplain #keep() kept}; another lease that has taken its name in the meantime is left alone. The lease does not
 * end with the process: {@code qlease lease delete} or {@link Leases#delete} then deletes it. Thread-safe.
 */
public final class Lease implements AutoCloseable {
    private final Leases leases;
    private final LeaseInfo info;
    private final long netnsCookie;
    private final Link guest;
    private @Nullable NetworkNamespace netns;
    private boolean kept;
    private boolean deleted;

    /**
     * @param netnsCookie the cookie that identifies the guest's namespace when it is opened again
     * @param guest the guest's device
     */
    Lease(Leases leases, LeaseInfo info, long netnsCookie, Link guest) {
        this.leases = leases;
        this.info = info;
        this.netnsCookie = netnsCookie;
        this.guest = guest;
    }

    /** Returns the lease as it was when it was created. */
    public LeaseInfo info() {
        return info;
    }

    /**
     * Returns the guest's device, for binding memory and opening connections, until this object is closed. The first
     * call opens the guest's namespace at the path of the lease and holds it open; otherwise the namespace ends with
     * its processes and names.
     *
     * @throws LeaseRefusedException if the path now leads to another namespace
     * @throws LinuxException ENOENT if the namespace no longer exists
     * @throws IllegalStateException if this object is closed
     */
    public synchronized Device device() {
        if (deleted) {
            throw new IllegalStateException("lease " + info.name() + " is deleted");
        }
        NetworkNamespace there = netns;
        if (there == null) {
            there = NetworkNamespace.at(KernelText.path(info.netns()));
            if (there.cookie() != netnsCookie) {
                there.close();
                throw new LeaseRefusedException(
                        LeaseRefusedException.Reason.CHANGED,
                        info.netns() + " is no longer the guest's namespace of lease " + info.name());
            }
            netns = there;
        }
        return Device.of(there, guest);
    }

    /** Returns the ifindex of the guest's device in the guest's namespace. */
    public int guestIfindex() {
        return info.guestIfindex();
    }

    /** Returns the leased queues. */
    public List<LeasedQueue> queues() {
        return info.queues();
    }

    /** Keeps the lease when this object is closed. Returns this object. */
    public synchronized Lease keep() {
        kept = true;
        return this;
    }

    /**
     * Deletes the lease, unless it is kept, also on an interrupted thread. Idempotent after success; after a failure
     * the next call tries again. Has no effect if the lease was deleted by other means.
     *
     * @throws LeaseException if something could not be undone
     * @throws LeaseRefusedException if the lock on leases is not free in time
     * @throws LinuxException if the files of leases cannot be used
     */
    @Override
    public synchronized void close() {
        try {
            if (!kept && !deleted) {
                leases.delete(info.name(), info.id());
                deleted = true;
            }
        } finally {
            if (netns != null) {
                netns.close();
            }
        }
    }

    @Override
    public String toString() {
        return "lease " + info.name() + " of " + info.nic() + " queues " + info.queues() + " to " + info.netns();
    }
}
