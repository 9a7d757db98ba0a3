package dev.qlease.lease;

/**
 * A receive queue of the NIC and the guest's queue that it became.
 *
 * @param nic the NIC's queue
 * @param guest the guest's queue
 */
public record LeasedQueue(int nic, int guest) {
    @Override
    public String toString() {
        return nic + " as " + guest;
    }
}
