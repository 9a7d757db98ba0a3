package dev.qlease.bpf;

/**
 * Where a {@link ClsactFilter} is, for who is to remove it later, be it another process.
 *
 * @param ifindex the device
 * @param ingress whether it sees what the device received; else what is sent
 * @param priority its place among the filters, 1 to 65,535, the lowest first
 * @param handle its number at this priority
 * @param programId the number of its program, which tells it from another filter that took its place
 * @param qdiscAdded whether the clsact qdisc was added for it, and goes with it if no other filter is there by then
 */
public record ClsactPlace(int ifindex, boolean ingress, int priority, int handle, int programId, boolean qdiscAdded) {
    @Override
    public String toString() {
        return "BPF filter " + (ingress ? "ingress" : "egress") + " of ifindex " + ifindex + " (priority " + priority
                + ", handle " + handle + ", program " + programId + ")";
    }
}
