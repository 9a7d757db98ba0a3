package dev.qlease.bpf;

/**
 * The place of a {@link ClsactFilter}, for removing it later, also from another process.
 *
 * @param ifindex the device
 * @param ingress whether it sees received packets; else sent ones
 * @param priority its position among the filters, 1 to 65,535, the lowest first
 * @param handle its number at this priority
 * @param programId the id of its program, which distinguishes it from a filter that has replaced it
 * @param qdiscAdded whether the clsact qdisc was added for it, and is to be removed with it unless it has other filters
 */
public record ClsactPlace(int ifindex, boolean ingress, int priority, int handle, int programId, boolean qdiscAdded) {
    @Override
    public String toString() {
        return "BPF filter " + (ingress ? "ingress" : "egress") + " of ifindex " + ifindex + " (priority " + priority
                + ", handle " + handle + ", program " + programId + ")";
    }
}
