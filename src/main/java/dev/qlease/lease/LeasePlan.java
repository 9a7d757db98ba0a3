package dev.qlease.lease;

import dev.qlease.lease.Step.Planned;
import dev.qlease.linux.LinuxException;
import java.util.List;

/**
 * What making a lease would do, in its order: each step with what was found, what it changes and how that is undone. Making
 * the plan has changed nothing. It holds as long as nobody else changes the NIC; if somebody does, the kernel refuses the
 * step, and what was done is undone.
 */
public final class LeasePlan {
    private final Leases leases;
    private final LeaseSpec spec;
    private final LeaseInfo info;
    private final List<Planned> planned;

    LeasePlan(Leases leases, LeaseSpec spec, LeaseInfo info, List<Planned> planned) {
        this.leases = leases;
        this.spec = spec;
        this.info = info;
        this.planned = List.copyOf(planned);
    }

    /** What is wanted. */
    public LeaseSpec spec() {
        return spec;
    }

    /** The name of the lease to be. */
    public String name() {
        return info.name();
    }

    /** The NIC's queues that are to be leased. */
    public List<Integer> queues() {
        return info.queues().stream().map(LeasedQueue::nic).toList();
    }

    /** The steps. */
    public List<Step> steps() {
        return planned.stream().map(Planned::step).toList();
    }

    /**
     * Makes the lease, or nothing: if a step fails, those before it are undone.
     *
     * @throws LeaseException naming the step that failed, why, and what could not be undone
     * @throws LinuxException EACCES if /run/qlease may not be written, EEXIST if there is a lease of this name by now
     */
    public Lease apply() {
        return leases.make(this);
    }

    LeaseInfo info() {
        return info;
    }

    List<Planned> planned() {
        return planned;
    }

    /** A line for each step. */
    @Override
    public String toString() {
        return String.join("\n", steps().stream().map(Step::toString).toList());
    }
}
