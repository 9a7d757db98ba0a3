package dev.qlease.netdev;

import dev.qlease.netdev.NetdevAttributes.LeaseAttributes;
import dev.qlease.netlink.Attributes;
import java.util.OptionalInt;

/**
 * The other end of a queue lease. In a request to create a lease it names the physical queue. The kernel reports leases
 * on physical queues, where it names the virtual device's queue (netdev_nl_queue_fill_lease in net/core/netdev-genl.c).
 *
 * @param ifindex the other device, in its own namespace
 * @param queue its queue
 * @param netnsId the id of that namespace as seen from the socket's; empty if it is the same namespace
 */
public record Lease(int ifindex, QueueId queue, OptionalInt netnsId) {
    static Lease of(Attributes a) {
        return new Lease(
                a.get(LeaseAttributes.IFINDEX),
                QueueId.of(a.get(LeaseAttributes.QUEUE)),
                a.has(LeaseAttributes.NETNS_ID)
                        ? OptionalInt.of((int) a.get(LeaseAttributes.NETNS_ID))
                        : OptionalInt.empty());
    }
}
