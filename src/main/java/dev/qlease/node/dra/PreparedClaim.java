package dev.qlease.node.dra;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A claim that kubelet has had prepared, as it is kept in a file until it is unprepared. Immutable.
 *
 * @param uid the claim's uid, which no other object gets
 * @param namespace its namespace
 * @param name its name
 * @param pods the pods that it is reserved for
 * @param sandbox the id of the sandbox that has its leases; empty for none
 * @param shares its devices
 */
record PreparedClaim(
        String uid, String namespace, String name, List<PodReference> pods, String sandbox, List<Share> shares) {
    /** What the owners of all leases of claims begin with. */
    static final String OWNERS = "dra:";

    /** Uids become parts of file names. */
    private static final String UID = "[0-9A-Za-z][0-9A-Za-z-]{0,63}";

    /**
     * A pod.
     *
     * @param name its name, in the claim's namespace
     * @param uid its uid
     */
    record PodReference(String name, String uid) {}

    /**
     * A share of a NIC: a number of its queues.
     *
     * @param request the name of the request in the claim, with that of the subrequest if there is one
     * @param pool the pool of the device
     * @param device the name of the device in the ResourceSlice
     * @param shareId the id that the scheduler gave the share; empty for none
     * @param queues the number of queues
     * @param guest the name of the guest's device
     * @param addresses the guest's addresses, with prefix lengths
     * @param lease the other fields of the lease, a JSON object
     * @param nodes the device nodes for memory
     */
    record Share(
            String request,
            String pool,
            String device,
            String shareId,
            int queues,
            String guest,
            List<String> addresses,
            String lease,
            List<String> nodes) {
        /** Keeps copies. */
        Share {
            addresses = List.copyOf(addresses);
            nodes = List.copyOf(nodes);
        }

        /** Returns a copy with a device's name and addresses. */
        Share with(String newGuest, List<String> newAddresses) {
            return new Share(request, pool, device, shareId, queues, newGuest, newAddresses, lease, nodes);
        }
    }

    /** Keeps copies. */
    PreparedClaim {
        if (!isUid(uid)) {
            throw new DraException("\"" + uid + "\" is no uid of a claim");
        }
        pods = List.copyOf(pods);
        shares = List.copyOf(shares);
    }

    static boolean isUid(String text) {
        return text.matches(UID);
    }

    /** Returns the owner of the lease of one of the shares. */
    String owner(int share) {
        return owners() + share;
    }

    /** Returns what the owners of its leases begin with. */
    String owners() {
        return ownersOf(uid);
    }

    static String ownersOf(String uid) {
        return OWNERS + uid + ":";
    }

    /** Returns the uid of the claim that a lease belongs to. */
    static String uidOf(String owner) {
        return owner.substring(OWNERS.length(), Math.max(OWNERS.length(), owner.lastIndexOf(':')));
    }

    /** Returns the name of one of its devices: of the CDI device, and of the gate's file. */
    String deviceName(int share) {
        return uid + "-" + share;
    }

    List<String> deviceNames() {
        return IntStream.range(0, shares.size()).mapToObj(this::deviceName).toList();
    }

    boolean isOf(String podUid) {
        return pods.stream().anyMatch(pod -> pod.uid().equals(podUid));
    }

    /** Returns a copy whose leases are in another sandbox; empty for none. */
    PreparedClaim in(String newSandbox) {
        return new PreparedClaim(uid, namespace, name, pods, newSandbox, shares);
    }

    /** Returns a copy with other shares. */
    PreparedClaim with(List<Share> newShares) {
        return new PreparedClaim(uid, namespace, name, pods, sandbox, newShares);
    }

    /** Returns a name for messages. */
    String title() {
        return "claim " + namespace + "/" + name;
    }
}
