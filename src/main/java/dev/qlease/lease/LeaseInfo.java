package dev.qlease.lease;

import java.time.Instant;
import java.util.List;

/**
 * A lease that was made, by this process or another one.
 *
 * @param name its name, which is that of the host's end of the netkit pair if there is one
 * @param status how far it got
 * @param nic the physical device
 * @param nicIfindex its number
 * @param netns the guest's namespace, as it was asked for: a name below /run/netns, a path or a process
 * @param netnsInode the number by which the kernel tells namespaces apart; /proc/PID/ns/net shows it
 * @param guest the guest's device
 * @param guestIfindex its number in the guest's namespace; 0 before it was made
 * @param queues the leased queues
 * @param addresses the guest's addresses
 * @param redirect what carries packets between the NIC and the guest
 * @param mode what the netkit pair carries: {@code l2} or {@code l3}
 * @param created when it was made
 */
public record LeaseInfo(
        String name,
        Status status,
        String nic,
        int nicIfindex,
        String netns,
        long netnsInode,
        String guest,
        int guestIfindex,
        List<LeasedQueue> queues,
        List<String> addresses,
        Redirect redirect,
        String mode,
        Instant created) {
    /** How far a lease got. */
    public enum Status {
        /** Being made or deleted, or left so by a process that died: delete it. */
        INCOMPLETE,
        /** Made, and the guest's device is there. */
        READY,
        /** Made, but its namespace or its device went since, and the queues with them: delete it to put the NIC back. */
        GONE;

        /** As it is printed. */
        public String text() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** Keeps copies of the lists. */
    public LeaseInfo {
        queues = List.copyOf(queues);
        addresses = List.copyOf(addresses);
    }

    LeaseInfo with(Status changed) {
        return new LeaseInfo(
                name,
                changed,
                nic,
                nicIfindex,
                netns,
                netnsInode,
                guest,
                guestIfindex,
                queues,
                addresses,
                redirect,
                mode,
                created);
    }

    LeaseInfo made(int ifindex, List<LeasedQueue> leased) {
        return new LeaseInfo(
                name,
                Status.READY,
                nic,
                nicIfindex,
                netns,
                netnsInode,
                guest,
                ifindex,
                leased,
                addresses,
                redirect,
                mode,
                created);
    }
}
