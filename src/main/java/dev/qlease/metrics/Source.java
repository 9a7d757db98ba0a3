package dev.qlease.metrics;

/** Where the records of a part of a sample come from. */
public enum Source {
    /** The links, with their counters. */
    LINKS("links"),

    /** The queues, with their leases and memory. */
    QUEUES("queues"),

    /** The drivers' counters of queues. */
    QUEUE_STATS("queue-stats"),

    /** The drivers' counters of devices. */
    DEVICE_STATS("device-stats"),

    /** The page pools. */
    PAGE_POOLS("page-pools"),

    /** The counters of page pools. */
    PAGE_POOL_STATS("page-pool-stats"),

    /** The leases, with the counters of their guards. */
    LEASES("leases"),

    /** The counters of the guests' devices. */
    GUESTS("guests");

    private final String text;

    Source(String text) {
        this.text = text;
    }

    /** Returns the name of the part. */
    public String text() {
        return text;
    }
}
