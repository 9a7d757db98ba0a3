package dev.qlease.node.dra;

import java.time.Duration;

/**
 * What the driver has done.
 *
 * @param kind what was done
 * @param claim the claim, as namespace and name; empty if it is about none
 * @param pod the pod, as namespace and name; empty if it is about none
 * @param took how long it took; zero unless a claim was prepared or its queues were leased
 * @param sentence what was done, or why not; can contain foreign text
 */
public record DriverEvent(Kind kind, String claim, String pod, Duration took, String sentence) {
    /** What was done. */
    public enum Kind {
        /** Kubelet has taken the driver, or not. */
        REGISTERED,
        /** The ResourceSlice was written. */
        PUBLISHED,
        /** A claim was prepared. */
        PREPARED,
        /** A claim was not prepared. */
        NOT_PREPARED,
        /** A claim's queues were leased to a pod. */
        LEASED,
        /** A claim's queues could not be leased to a pod. */
        NOT_LEASED,
        /** A claim's leases were deleted. */
        RELEASED,
        /** A claim was unprepared. */
        UNPREPARED,
        /** The driver has a problem. */
        PROBLEM
    }

    static DriverEvent problem(String sentence) {
        return new DriverEvent(Kind.PROBLEM, "", "", Duration.ZERO, sentence);
    }

    static DriverEvent of(Kind kind, String sentence) {
        return new DriverEvent(kind, "", "", Duration.ZERO, sentence);
    }

    static DriverEvent of(Kind kind, PreparedClaim claim, String sentence) {
        return of(kind, claim, Duration.ZERO, sentence);
    }

    static DriverEvent of(Kind kind, PreparedClaim claim, Duration took, String sentence) {
        return new DriverEvent(
                kind,
                claim.namespace() + "/" + claim.name(),
                claim.pods().isEmpty()
                        ? ""
                        : claim.namespace() + "/" + claim.pods().getFirst().name(),
                took,
                sentence);
    }
}
