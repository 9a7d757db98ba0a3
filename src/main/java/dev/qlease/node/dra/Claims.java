package dev.qlease.node.dra;

import dev.qlease.netlink.IpAddress;
import dev.qlease.node.dra.PreparedClaim.Share;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The claims that are prepared on this node, in memory and in files. What a claim gets on this node is chosen under a
 * lock: names and addresses that no other claim has. Thread-safe; the lock is held while a file is written at most.
 */
final class Claims {
    private static final String DEFAULT_GUEST = "nk";

    private final ClaimStore store;
    private final Map<String, PreparedClaim> claims = new LinkedHashMap<>();

    /** @param problems receives a sentence for each file that is not that of a claim */
    Claims(ClaimStore store, Consumer<String> problems) {
        this.store = store;
        store.read(problems).forEach(claim -> claims.put(claim.uid(), claim));
    }

    synchronized Optional<PreparedClaim> find(String uid) {
        return Optional.ofNullable(claims.get(uid));
    }

    synchronized List<PreparedClaim> all() {
        return List.copyOf(claims.values());
    }

    synchronized List<PreparedClaim> ofPod(String namespace, String podUid) {
        return claims.values().stream()
                .filter(claim -> claim.namespace().equals(namespace) && claim.isOf(podUid))
                .toList();
    }

    /**
     * Chooses the names and addresses that a claim gets, in memory only: {@link #keep} writes its file.
     *
     * @param inUse the addresses that leases have
     * @return the claim with a name and addresses for each device
     * @throws DraException if its addresses are not from the pools, there are none, or names are given twice
     */
    synchronized PreparedClaim add(PreparedClaim claim, AddressPools pools, Collection<String> inUse) {
        Set<IpAddress> taken = new HashSet<>();
        inUse.forEach(text -> AddressPools.addressOf(text).ifPresent(taken::add));
        Set<String> names = new HashSet<>();
        for (PreparedClaim other : claims.values()) {
            boolean samePod = claim.pods().stream().anyMatch(pod -> other.isOf(pod.uid()));
            for (Share share : other.shares()) {
                share.addresses().forEach(text -> AddressPools.addressOf(text).ifPresent(taken::add));
                if (samePod) {
                    names.add(share.guest());
                }
            }
        }
        claim.shares().stream()
                .map(Share::guest)
                .filter(name -> !name.isEmpty())
                .forEach(name -> {
                    if (!names.add(name)) {
                        throw new DraException(
                                "the pod would have two devices " + name + "; give each request another guest");
                    }
                });
        List<Share> shares = new ArrayList<>();
        for (Share share : claim.shares()) {
            List<String> addresses = addresses(share, pools, taken);
            addresses.forEach(text -> AddressPools.addressOf(text).ifPresent(taken::add));
            String guest = share.guest().isEmpty() ? freeName(names) : share.guest();
            names.add(guest);
            shares.add(share.with(guest, addresses));
        }
        PreparedClaim added = claim.with(shares);
        claims.put(claim.uid(), added);
        return added;
    }

    private static String freeName(Set<String> names) {
        return IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> DEFAULT_GUEST + i)
                .filter(name -> !names.contains(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> addresses(Share share, AddressPools pools, Set<IpAddress> taken) {
        if (!share.addresses().isEmpty()) {
            for (String text : share.addresses()) {
                if (!pools.isEmpty()
                        && AddressPools.addressOf(text).filter(pools::contains).isEmpty()) {
                    throw new DraException("address " + text + " is not from the address pools of this node");
                }
                if (AddressPools.addressOf(text).filter(taken::contains).isPresent()) {
                    throw new DraException("address " + text + " is another pod's on this node");
                }
            }
            return share.addresses();
        }
        if (!ClaimParameters.needsAddress(share.lease())) {
            return List.of();
        }
        if (pools.isEmpty()) {
            throw new DraException("there is no address for request " + share.request() + ": give addresses in the"
                    + " parameters, or the node the annotation " + DraDriver.POOLS);
        }
        return pools.assign(taken);
    }

    /** Writes the file of a claim, or replaces it; has no effect if the claim was dropped meanwhile. */
    synchronized boolean keep(PreparedClaim claim) {
        if (!claims.containsKey(claim.uid())) {
            return false;
        }
        store.write(claim);
        claims.put(claim.uid(), claim);
        return true;
    }

    /** Drops a claim and its file. */
    synchronized void drop(String uid) {
        claims.remove(uid);
        store.remove(uid);
    }

    /** Returns whether two readings of a claim allocate the same to the same pods. */
    static boolean isSame(PreparedClaim one, PreparedClaim other) {
        return one.pods().equals(other.pods())
                && one.shares().size() == other.shares().size()
                && IntStream.range(0, one.shares().size())
                        .allMatch(
                                i -> isSame(one.shares().get(i), other.shares().get(i)));
    }

    private static boolean isSame(Share one, Share other) {
        return one.request().equals(other.request())
                && one.device().equals(other.device())
                && Objects.equals(one.shareId(), other.shareId())
                && one.queues() == other.queues();
    }
}
