package dev.qlease.node.dra;

import dev.qlease.node.dra.PreparedClaim.Share;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Leases without a NIC: there is a number of queues, and network namespaces are files, whose cookies are the hashes of
 * their paths.
 */
final class StandInLeases implements ShareLeases {
    private final int queues;
    private final Map<String, Held> held = new LinkedHashMap<>();
    private final Map<String, Integer> reserved = new LinkedHashMap<>();

    /** What the next reservations fail with; empty for nothing. */
    final List<String> refusals = new ArrayList<>();

    /** What the next leases and deletions fail with; empty for nothing. */
    final List<String> failures = new ArrayList<>();

    StandInLeases(int queues) {
        this.queues = queues;
    }

    private void fail() {
        if (!failures.isEmpty()) {
            throw new DraException(failures.removeFirst());
        }
    }

    @Override
    public synchronized void reserve(Share share, String owner) {
        if (reserved.containsKey(owner) || held.containsKey(owner)) {
            return;
        }
        if (!refusals.isEmpty()) {
            throw new DraException(refusals.removeFirst());
        }
        int taken = reserved.values().stream().mapToInt(Integer::intValue).sum();
        if (taken + share.queues() > queues) {
            throw new DraException("too few queues are free");
        }
        reserved.put(owner, share.queues());
    }

    @Override
    public synchronized List<String> reserved(Predicate<String> owner) {
        return reserved.keySet().stream().filter(owner).toList();
    }

    List<String> reserved() {
        return reserved(_ -> true);
    }

    /** Loses all reservations, as when they are deleted by hand. */
    synchronized void loseReservations() {
        reserved.clear();
    }

    @Override
    public synchronized List<String> addressesInUse() {
        return held.values().stream()
                .flatMap(lease -> lease.attached().addresses().stream())
                .toList();
    }

    @Override
    public synchronized Attached create(Share share, String owner, Path netns) {
        fail();
        if (reserved.getOrDefault(owner, 0) != share.queues()) {
            throw new IllegalStateException("no reservation of " + owner);
        }
        if (held.containsKey(owner)) {
            throw new IllegalStateException("a second lease of " + owner);
        }
        Attached attached = new Attached(
                "ql" + held.size(), "eth0", share.guest(), "02:00:00:00:00:01", share.addresses(), List.of(1));
        held.put(owner, new Held(owner, true, attached, cookie(netns)));
        return attached;
    }

    @Override
    public long cookie(Path netns) {
        if (!Files.exists(netns)) {
            throw new DraException(netns + " does not exist");
        }
        return netns.toString().hashCode();
    }

    @Override
    public synchronized List<Held> held(Predicate<String> owner) {
        return held.values().stream().filter(lease -> owner.test(lease.owner())).toList();
    }

    List<Held> held() {
        return held(_ -> true);
    }

    @Override
    public synchronized void delete(Predicate<String> owner) {
        if (held.keySet().stream().anyMatch(owner)) {
            fail();
        }
        held.keySet().removeIf(owner);
    }

    @Override
    public synchronized void release(Predicate<String> owner) {
        delete(owner);
        reserved.keySet().removeIf(owner);
    }

    /** Makes a lease unusable, as when its namespace has vanished. */
    synchronized void spoil(String owner) {
        held.computeIfPresent(owner, (_, lease) -> new Held(owner, false, lease.attached(), lease.netnsCookie()));
    }

    synchronized List<String> owners() {
        return List.copyOf(held.keySet());
    }
}
