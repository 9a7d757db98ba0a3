package dev.qlease.lease;

import java.util.List;
import java.util.function.Function;

/**
 * The steps for creating a lease, in order: each with what was found, what it changes and how the change is undone.
 * Planning has changed nothing. Immutable and thread-safe.
 */
public final class LeasePlan {
    private final LeaseSpec spec;
    private final LeasePlanner.Decision decision;
    private final Function<LeasePlan, Lease> applying;

    LeasePlan(LeaseSpec spec, LeasePlanner.Decision decision, Function<LeasePlan, Lease> applying) {
        this.spec = spec;
        this.decision = decision;
        this.applying = applying;
    }

    /** Returns the specification of the lease. */
    public LeaseSpec spec() {
        return spec;
    }

    /** Returns the name of the planned lease. */
    public String name() {
        return decision.record().name();
    }

    /** Returns the queues of the NIC to lease. */
    public List<Integer> queues() {
        return decision.record().nicQueues();
    }

    /** Returns the steps. */
    public List<Step> steps() {
        return decision.steps();
    }

    /**
     * Creates the lease atomically: if a step fails, the steps before it are undone. Plans again first, while no other
     * process creates or deletes leases, and refuses if the plan has changed since.
     *
     * @throws LeaseRefusedException if the plan has changed, or the lease is no longer possible
     * @throws LeaseException if a step fails; the message names it, the cause, and what could not be undone
     * @throws dev.qlease.linux.LinuxException EACCES if /run/qlease may not be written
     */
    public Lease apply() {
        return applying.apply(this);
    }

    LeasePlanner.Decision decision() {
        return decision;
    }

    /** Returns a line for each step. */
    @Override
    public String toString() {
        return String.join("\n", steps().stream().map(Step::toString).toList());
    }
}
