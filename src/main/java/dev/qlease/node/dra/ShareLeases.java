package dev.qlease.node.dra;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/** The leases of claims: {@link NicLeases}, or a stand-in of tests where there is no NIC. Thread-safe. */
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
     * Checks, without changing anything, whether a share could be leased now.
     *
     * @param share the share
     * @param others the number of queues of the same NIC that other claims are still to get
     * @throws DraException if not; the message says why
     */
    void check(PreparedClaim.Share share, int others);

    /** Returns the addresses that leases on this node have, without prefix lengths. */
    List<String> addressesInUse();

    /**
     * Leases a share.
     *
     * @param netns the path of the pod's network namespace
     * @throws DraException if that fails
     */
    Attached create(PreparedClaim.Share share, String owner, Path netns);

    /** Returns the cookie of a network namespace. */
    long cookie(Path netns);

    /** Returns the leases of claims whose owner matches. */
    List<Held> held(Predicate<String> owner);

    /**
     * Deletes leases.
     *
     * @throws DraException if one could not be deleted; the others are
     */
    void delete(Predicate<String> owner);
}
