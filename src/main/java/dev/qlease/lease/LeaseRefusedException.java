package dev.qlease.lease;

import java.io.Serial;

/**
 * Thrown if qlease itself refuses a lease, before anything was changed: the kernel was not asked, or would have allowed
 * something unsafe. The message names the thing, the value and the remedy.
 */
public final class LeaseRefusedException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    /** Kinds of refusal. */
    public enum Reason {
        /** The NIC, the lease or another named thing does not exist. */
        NOT_FOUND,
        /** The NIC is down. */
        DOWN,
        /** A queue, name, address or route is in use. */
        IN_USE,
        /** Traffic of others would reach a leased queue, or the guest would cut off others. */
        UNSAFE,
        /** The device or the namespace lacks what the lease needs. */
        UNSUPPORTED,
        /** The plan no longer applies. */
        CHANGED,
        /** The files in /run/qlease cannot be trusted. */
        STATE,
        /** Another process creates or deletes leases, and did not end in time: retry later. */
        BUSY
    }

    private final Reason reason;

    LeaseRefusedException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** Returns the kind of refusal. */
    public Reason reason() {
        return reason;
    }
}
