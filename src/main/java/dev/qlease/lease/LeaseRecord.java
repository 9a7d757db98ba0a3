package dev.qlease.lease;

import dev.qlease.rtnetlink.IpPrefix;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The record of a lease or a reservation in /run/qlease: everything that is needed to prove what belongs to it, and to
 * undo it.
 * Written before the first change, with the undos of all changes; the undo of a change that was not made has no effect.
 *
 * @param id the id of the lease
 * @param name its name
 * @param phase how far the lease has got
 * @param bootId the id of the boot to which it belongs; nothing of a lease survives a reboot
 * @param homeCookie the cookie of the namespace of the NIC and the host's end
 * @param nic the NIC
 * @param netns the path by which the guest's namespace was opened; empty for a reservation
 * @param netnsInode the inode number of the guest's namespace, which /proc/PID/ns/net shows
 * @param netnsCookie the cookie of the guest's namespace, which unlike an inode number is never reused
 * @param single whether the guest's device has no peer
 * @param hostIfindex the interface index of the host's end; 0 before it is created, and for a single device
 * @param guest the name of the guest's device; empty for a reservation, which has no guest
 * @param guestIfindex the interface index of the guest's device; 0 before it is created
 * @param queues the leased queues
 * @param addresses the guest's addresses, with their prefix lengths
 * @param routes the networks that the guest reaches; empty for all
 * @param ports the TCP ports that are steered; empty for all
 * @param redirect what carries packets between the NIC and the guest
 * @param mode {@code l2} or {@code l3}
 * @param sharedTraffic whether traffic of others on the leased queues was accepted
 * @param rxRing number of descriptors in each receive ring of the NIC, if the lease set it
 * @param created when the lease was created
 * @param rssContext the RSS context over the leased queues; empty before it is created
 * @param undo the undos of its own changes, in the order of the changes
 * @param settings the keys of the changed settings of the NIC and the host that it needs
 * @param owner the program that manages the lease; empty for none, and in records of versions without owners
 */
record LeaseRecord(
        LeaseId id,
        String name,
        Phase phase,
        String bootId,
        long homeCookie,
        NicId nic,
        String netns,
        long netnsInode,
        long netnsCookie,
        boolean single,
        int hostIfindex,
        String guest,
        int guestIfindex,
        List<LeasedQueue> queues,
        List<String> addresses,
        List<String> routes,
        List<Integer> ports,
        Redirect redirect,
        String mode,
        boolean sharedTraffic,
        OptionalInt rxRing,
        Instant created,
        OptionalLong rssContext,
        List<Undo> undo,
        List<String> settings,
        Optional<String> owner) {
    /** How far a lease has got. */
    enum Phase {
        /** Changes are being made. */
        MAKING,
        /** All changes are made. */
        READY,
        /** Changes are being undone, or could not all be. */
        DELETING
    }

    LeaseRecord {
        LeaseSpec.requireName(name);
        owner.ifPresent(LeaseSpec::requireOwner);
        if (!guest.isEmpty()) {
            LeaseSpec.requireName(guest);
        } else if (owner.isEmpty()) {
            throw new IllegalArgumentException("a lease has a guest, and a reservation an owner");
        }
        queues = List.copyOf(queues);
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
        ports = List.copyOf(ports);
        undo = List.copyOf(undo);
        // Invalid values are found when the record is read, and make only this lease unreadable.
        addresses.forEach(IpPrefix::parse);
        routes.forEach(IpPrefix::parse);
        settings = List.copyOf(settings);
    }

    /**
     * Returns the record of a reservation, before its first change.
     *
     * @param queues the reserved queues
     * @param settings the keys of the changed settings that it needs
     */
    static LeaseRecord reservation(
            LeaseId id,
            String name,
            String bootId,
            long homeCookie,
            NicId nic,
            LeaseSpec spec,
            List<Integer> queues,
            List<String> settings) {
        return new LeaseRecord(
                id,
                name,
                Phase.MAKING,
                bootId,
                homeCookie,
                nic,
                "",
                0,
                0,
                false,
                0,
                "",
                0,
                unassigned(queues),
                List.of(),
                List.of(),
                List.of(),
                Redirect.NONE,
                "",
                spec.sharedTraffic(),
                spec.rxRing(),
                now(),
                OptionalLong.empty(),
                List.of(),
                settings,
                spec.owner());
    }

    /**
     * Returns queues of the NIC whose numbers in the guest the kernel assigns later; 0 is the queue that each device
     * has of its own.
     */
    static List<LeasedQueue> unassigned(List<Integer> nicQueues) {
        return nicQueues.stream().map(queue -> new LeasedQueue(queue, 0)).toList();
    }

    /** Returns the current time, as it is recorded. */
    static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS);
    }

    /** Returns whether it is a reservation: queues that a lease of the same owner is to have. */
    boolean isReservation() {
        return guest.isEmpty();
    }

    /** Returns whether it is a reservation for leases of an owner. */
    boolean isReservedFor(Optional<String> leaseOwner) {
        return isReservation() && owner.equals(leaseOwner);
    }

    /** Returns whether this is a lease of the reserved queues, by the owner of the reservation. */
    boolean isLeaseOf(LeaseRecord reservation) {
        return !isReservation()
                && owner.equals(reservation.owner)
                && bootId.equals(reservation.bootId)
                && homeCookie == reservation.homeCookie
                && nic.isSame(reservation.nic)
                && nicQueues().stream().anyMatch(reservation.nicQueues()::contains);
    }

    LeaseRecord with(Phase changed) {
        return with(changed, hostIfindex, guestIfindex, queues, rssContext);
    }

    /** Returns a copy with this phase and what the kernel has returned so far. */
    LeaseRecord with(Phase changed, LeaseInProgress made) {
        return with(
                changed,
                made.hostIfindex(),
                made.guestIfindex(),
                made.queues().isEmpty() ? queues : made.queues(),
                made.rssContext());
    }

    private LeaseRecord with(
            Phase newPhase, int newHost, int newGuest, List<LeasedQueue> newQueues, OptionalLong newContext) {
        return new LeaseRecord(
                id,
                name,
                newPhase,
                bootId,
                homeCookie,
                nic,
                netns,
                netnsInode,
                netnsCookie,
                single,
                newHost,
                guest,
                newGuest,
                newQueues,
                addresses,
                routes,
                ports,
                redirect,
                mode,
                sharedTraffic,
                rxRing,
                created,
                newContext,
                undo,
                settings,
                owner);
    }

    /** Returns the leased queues of the NIC. */
    List<Integer> nicQueues() {
        return queues.stream().map(LeasedQueue::nic).toList();
    }
}
