package dev.qlease.netdev;

import dev.qlease.netdev.NetdevAttributes.LeaseAttributes;
import dev.qlease.netlink.Attributes;
import java.util.OptionalInt;

/**
 * The other end of a queue lease: on a virtual device's queue the physical queue behind it, on a physical device's queue
 * the virtual one that has it.
 *
 * @param ifindex the other device, in its own namespace
 * @param queue its queue
 * @param netnsId that namespace's id as seen from the socket's; empty if it is the same one
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
