package dev.qlease.metrics;

import java.util.List;

/**
 * The metrics, by the naming conventions of Prometheus. Names and labels are an interface: dashboards and alerts use
 * them.
 */
public enum Metric {
    BUILD("qlease_build", Type.INFO, "", "Version of qlease.", "version"),
    SCRAPE_DURATION("qlease_scrape_duration_seconds", Type.GAUGE, "seconds", "Time that reading the kernel took."),
    SCRAPE_ERROR(
            "qlease_scrape_error", Type.GAUGE, "", "1 if a part could not be read, or not completely; else 0.", "part"),
    SCRAPE_UNSUPPORTED(
            "qlease_scrape_unsupported", Type.GAUGE, "", "1 if this kernel does not have a part; else 0.", "part"),
    LEASE(
            "qlease_lease",
            Type.INFO,
            "",
            "Properties of a lease.",
            "lease",
            "id",
            "nic",
            "netns",
            "guest",
            "redirect",
            "mode"),
    LEASE_STATUS(
            "qlease_lease_status",
            Type.GAUGE,
            "",
            "1 for the status that a lease has; 0 for others.",
            "lease",
            "status"),
    LEASE_QUEUES("qlease_lease_queues", Type.GAUGE, "", "Number of queues of a lease.", "lease"),
    LEASE_PROBLEMS(
            "qlease_lease_problems", Type.GAUGE, "", "Number of problems that qlease lease show lists.", "lease"),
    LEASE_RECEIVE_PACKETS(
            "qlease_lease_receive_packets", Type.COUNTER, "", "Packets that the guest's device received.", "lease"),
    LEASE_RECEIVE_BYTES(
            "qlease_lease_receive_bytes", Type.COUNTER, "bytes", "Bytes that the guest's device received.", "lease"),
    LEASE_TRANSMIT_PACKETS(
            "qlease_lease_transmit_packets", Type.COUNTER, "", "Packets that the guest's device sent.", "lease"),
    LEASE_TRANSMIT_BYTES(
            "qlease_lease_transmit_bytes", Type.COUNTER, "bytes", "Bytes that the guest's device sent.", "lease"),
    LEASE_DROPPED_PACKETS(
            "qlease_lease_dropped_packets",
            Type.COUNTER,
            "",
            "Packets from or to the guest that the guard of its lease dropped.",
            "lease",
            "reason"),
    DEVICE_QUEUES(
            "qlease_device_queues",
            Type.GAUGE,
            "",
            "Number of queues that are leased, bound to memory of a process, or free.",
            "device",
            "type",
            "state"),
    DEVICE_PACKETS(
            "qlease_device_packets", Type.COUNTER, "", "Packets that a device received or sent.", "device", "type"),
    DEVICE_BYTES(
            "qlease_device_bytes", Type.COUNTER, "bytes", "Bytes that a device received or sent.", "device", "type"),
    DEVICE_DROPPED_PACKETS(
            "qlease_device_dropped_packets", Type.COUNTER, "", "Packets that a device dropped.", "device", "type"),
    DEVICE_ALLOC_FAILURES(
            "qlease_device_alloc_failures",
            Type.COUNTER,
            "",
            "Receive buffers that could not be allocated for a device.",
            "device"),
    QUEUE_PACKETS(
            "qlease_queue_packets",
            Type.COUNTER,
            "",
            "Packets that a queue received or sent.",
            "device",
            "type",
            "queue"),
    QUEUE_BYTES(
            "qlease_queue_bytes",
            Type.COUNTER,
            "bytes",
            "Bytes that a queue received or sent.",
            "device",
            "type",
            "queue"),
    QUEUE_DROPPED_PACKETS(
            "qlease_queue_dropped_packets",
            Type.COUNTER,
            "",
            "Packets that a device dropped for a queue.",
            "device",
            "type",
            "queue"),
    QUEUE_ALLOC_FAILURES(
            "qlease_queue_alloc_failures",
            Type.COUNTER,
            "",
            "Receive buffers that could not be allocated for a queue.",
            "device",
            "queue"),
    BINDING_QUEUES(
            "qlease_binding_queues", Type.GAUGE, "", "Number of queues of a dma-buf binding.", "device", "binding"),
    BINDING_INFLIGHT_FRAGMENTS(
            "qlease_binding_inflight_fragments",
            Type.GAUGE,
            "",
            "Fragments of a dma-buf binding that are in use outside its page pools.",
            "device",
            "binding"),
    BINDING_INFLIGHT_BYTES(
            "qlease_binding_inflight_bytes",
            Type.GAUGE,
            "bytes",
            "Bytes of a dma-buf binding that are in use outside its page pools.",
            "device",
            "binding"),
    PAGE_POOL_INFLIGHT_FRAGMENTS(
            "qlease_page_pool_inflight_fragments",
            Type.GAUGE,
            "",
            "Pages, or fragments of a dma-buf, that are in use outside a page pool.",
            "device",
            "pool"),
    PAGE_POOL_INFLIGHT_BYTES(
            "qlease_page_pool_inflight_bytes",
            Type.GAUGE,
            "bytes",
            "Bytes that are in use outside a page pool.",
            "device",
            "pool"),
    PAGE_POOL_EVENTS(
            "qlease_page_pool_events",
            Type.COUNTER,
            "",
            "Events of a page pool, by the kernel's names.",
            "device",
            "pool",
            "event");

    /** The type of a metric. */
    public enum Type {
        COUNTER("_total"),
        GAUGE(""),
        INFO("_info");

        private final String suffix;

        Type(String suffix) {
            this.suffix = suffix;
        }
    }

    private final String family;
    private final Type type;
    private final String unit;
    private final String help;
    private final List<String> labels;

    Metric(String family, Type type, String unit, String help, String... labels) {
        this.family = family;
        this.type = type;
        this.unit = unit;
        this.help = help;
        this.labels = List.of(labels);
    }

    /** Returns the name of the metric without the suffix of its type. */
    String family() {
        return family;
    }

    public Type type() {
        return type;
    }

    /** Returns the unit, with which the name of the family ends; empty for a number. */
    String unit() {
        return unit;
    }

    public String help() {
        return help;
    }

    /** Returns the names of the labels. */
    public List<String> labels() {
        return labels;
    }

    /** Returns the name of the series, as queries use it. */
    public String series() {
        return family + type.suffix;
    }
}
