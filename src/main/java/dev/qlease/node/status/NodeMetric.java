package dev.qlease.node.status;

/**
 * The metrics that the driver of a node has besides those of {@code qlease metrics}. Names and labels are an interface:
 * dashboards and alerts use them.
 */
public enum NodeMetric {
    PREPARE("qlease_node_prepare_seconds", "", "Time that preparing a claim took."),
    SANDBOX("qlease_node_sandbox_seconds", "", "Time that creating the leases of a starting pod took."),
    BINDINGS("qlease_node_bindings_total", "outcome", "Requests to bind a dma-buf that were granted or refused."),
    CLAIMS("qlease_node_claims", "", "Number of prepared claims."),
    REFUSED("qlease_node_refused_total", "stage", "Claims, pods and bindings that were refused or failed.");

    private final String series;
    private final String label;
    private final String help;

    NodeMetric(String series, String label, String help) {
        this.series = series;
        this.label = label;
        this.help = help;
    }

    /** Returns the name as queries use it; the series of a histogram have a further suffix. */
    public String series() {
        return series;
    }

    /** Returns the name of the label; empty if there is none. */
    public String label() {
        return label;
    }

    public String help() {
        return help;
    }

    /** Returns the name without the suffix of counters. */
    String family() {
        return series.replaceFirst("_total$", "");
    }
}
