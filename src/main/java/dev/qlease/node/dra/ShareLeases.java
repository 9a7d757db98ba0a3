package dev.qlease.node.dra;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/**
 * The reservations and leases of claims: {@link NicLeases}, or a stand-in of tests where there is no NIC. Thread-safe.
 */
interface ShareLeases {
    /**
     * A leased share.
     *
     * @param lease the name of the lease
     * @param nic the name of the NIC
     * @param device the name of the device in the pod
     * @param hardwareAddress its hardware address; empty if it has none
     * @param addresses its addresses, with prefix lengths
     * @param queues the numbers of its leased queues
     */
    record Attached(
            String lease,
            String nic,
            String device,
            String hardwareAddress,
            List<String> addresses,
            List<Integer> queues) {
        /** Keeps copies. */
        public Attached {
            addresses = List.copyOf(addresses);
            queues = List.copyOf(queues);
        }
    }

    /**
     * A lease of this driver.
     *
     * @param owner what it belongs to
     * @param usable whether it is complete and its guest exists
     * @param attached what it is
     * @param netnsCookie the cookie of its guest's namespace
     */
    record Held(String owner, boolean usable, Attached attached, long netnsCookie) {}

    /**
     * Reserves the queues of a share and prepares the NIC for them, which can take seconds. Replaces a reservation that
     * is incomplete or whose NIC is gone; has no effect if there is another, or a lease of this owner.
     *
     * @throws DraException if the share could not be leased, or that fails; the message says why
     */
    void reserve(PreparedClaim.Share share, String owner);

    /** Returns the addresses that leases on this node have, without prefix lengths. */
    List<String> addressesInUse();

    /**
     * Leases a share: the queues that are reserved for the owner.
     *
     * @param netns the path of the pod's network namespace
     * @throws DraException if that fails
     */
    Attached create(PreparedClaim.Share share, String owner, Path netns);

    /** Returns the cookie of a network namespace. */
    long cookie(Path netns);

    /** Returns the leases of claims whose owner matches. */
    List<Held> held(Predicate<String> owner);

    /** Returns the owners of reservations, those that match. */
    List<String> reserved(Predicate<String> owner);

    /**
     * Deletes leases; reservations remain.
     *
     * @throws DraException if one could not be deleted; the others are
     */
    void delete(Predicate<String> owner);

    /**
     * Deletes leases and reservations.
     *
     * @throws DraException if one could not be deleted; the others are
     */
    void release(Predicate<String> owner);
}
