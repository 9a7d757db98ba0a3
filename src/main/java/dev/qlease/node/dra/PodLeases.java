package dev.qlease.node.dra;

import dev.qlease.node.dra.DriverEvent.Kind;
import dev.qlease.node.dra.ShareLeases.Attached;
import dev.qlease.node.dra.ShareLeases.Held;
import dev.qlease.node.nri.NriHandler;
import dev.qlease.node.nri.PodSandbox;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Reserves the queues of prepared claims, leases them to the sandboxes of their pods, and opens the gates of their
 * devices. A reservation lasts as long as its claim, through all sandboxes of the pod. What could
 * not be done when the runtime told of a pod is done by {@link #reconcile()}, or by the next connection to the runtime.
 * Thread-safe; one thread at a time changes a claim.
 */
final class PodLeases implements NriHandler {
    /** Longer than a lease takes, and not so long that the runtime or kubelet would have given up. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(20);

    private final Claims claims;
    private final ShareLeases leases;
    private final Gates gates;
    private final Reports reports;
    private final Consumer<DriverEvent> listener;
    private final Exclusion exclusion = new Exclusion(LONGEST_WAIT);
    private final Map<String, PodSandbox> sandboxes = new LinkedHashMap<>();
    private final Map<String, String> refusals = new ConcurrentHashMap<>();
    private boolean synchronizedOnce;

    PodLeases(Claims claims, ShareLeases leases, Gates gates, Reports reports, Consumer<DriverEvent> listener) {
        this.claims = claims;
        this.leases = leases;
        this.gates = gates;
        this.reports = reports;
        this.listener = listener;
    }

    @Override
    public void synchronize(List<PodSandbox> pods) {
        synchronized (sandboxes) {
            sandboxes.clear();
            pods.forEach(pod -> sandboxes.put(pod.id(), pod));
            synchronizedOnce = true;
        }
        reconcile();
    }

    @Override
    public void runPodSandbox(PodSandbox pod) {
        synchronized (sandboxes) {
            sandboxes.put(pod.id(), pod);
        }
        for (PreparedClaim claim : claims.ofPod(pod.namespace(), pod.uid())) {
            exclusion.run(claim.uid(), () -> attach(claim.uid(), pod));
        }
    }

    @Override
    public void stopPodSandbox(PodSandbox pod) {
        synchronized (sandboxes) {
            sandboxes.remove(pod.id());
        }
        for (PreparedClaim claim : claims.ofPod(pod.namespace(), pod.uid())) {
            exclusion.run(
                    claim.uid(),
                    () -> claims.find(claim.uid())
                            .filter(now -> now.sandbox().equals(pod.id()))
                            .ifPresent(this::release));
        }
    }

    @Override
    public void removePodSandbox(PodSandbox pod) {
        stopPodSandbox(pod);
    }

    /**
     * Reserves the queues of a claim, as far as they are not.
     *
     * @throws DraException if that fails; what was reserved remains
     */
    void reserve(String uid) {
        exclusion.run(uid, () -> claims.find(uid).ifPresent(this::reserve));
    }

    private void reserve(PreparedClaim claim) {
        for (int share : IntStream.range(0, claim.shares().size()).toArray()) {
            leases.reserve(claim.shares().get(share), claim.owner(share));
        }
    }

    /**
     * Deletes the leases and reservations of a claim.
     *
     * @param then what remains to be done so that nothing leases its queues again
     */
    void drop(String uid, Runnable then) {
        exclusion.run(uid, () -> {
            claims.find(uid).ifPresent(claim -> claim.deviceNames().forEach(gates::close));
            refusals.remove(uid);
            leases.release(owner -> owner.startsWith(PreparedClaim.ownersOf(uid)));
            then.run();
        });
    }

    /**
     * Brings the reservations and leases to what the claims and the sandboxes require: reserves and leases what is
     * missing, and deletes what belongs to no claim, or to a sandbox that has ended. A failure for one claim affects no
     * other. Claims that are being changed are left to who changes them.
     */
    void reconcile() {
        if (!isSynchronized()) {
            return;
        }
        for (PreparedClaim claim : claims.all()) {
            exclusion.tryRun(claim.uid(), () -> reconcile(claim.uid()));
        }
        Stream.concat(
                        leases.held(PodLeases::isOfDriver).stream().map(Held::owner),
                        leases.reserved(PodLeases::isOfDriver).stream())
                .map(PreparedClaim::uidOf)
                .distinct()
                .filter(uid -> claims.find(uid).isEmpty())
                .forEach(uid -> exclusion.tryRun(uid, () -> attempt(() -> deleteUnknown(uid))));
        List<String> known = claims.all().stream()
                .flatMap(claim -> claim.deviceNames().stream())
                .toList();
        gates.openGates().stream()
                .filter(gate -> !known.contains(gate))
                .forEach(gate -> attempt(() -> gates.close(gate)));
    }

    private boolean isSynchronized() {
        synchronized (sandboxes) {
            return synchronizedOnce;
        }
    }

    private static boolean isOfDriver(String owner) {
        return owner.startsWith(PreparedClaim.OWNERS);
    }

    private void deleteUnknown(String uid) {
        if (claims.find(uid).isEmpty()) {
            leases.release(owner -> owner.startsWith(PreparedClaim.ownersOf(uid)));
        }
    }

    private void attempt(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            listener.accept(DriverEvent.problem(String.valueOf(e.getMessage())));
        }
    }

    private void reconcile(String uid) {
        Optional<PreparedClaim> claim = claims.find(uid);
        if (claim.isEmpty()) {
            return;
        }
        Optional<PodSandbox> alive = sandboxOf(claim.get());
        try {
            if (alive.isPresent()) {
                attach(uid, alive.get());
            } else if (!claim.get().sandbox().isEmpty()) {
                release(claim.get());
            } else {
                reserveAgain(claim.get());
            }
        } catch (RuntimeException e) {
            refuse(claim.get(), String.valueOf(e.getMessage()));
        }
    }

    /** Reserves what was reserved before, and has been deleted meanwhile or is gone with its NIC. */
    private void reserveAgain(PreparedClaim claim) {
        try {
            reserve(claim);
            refusals.remove(claim.uid());
        } catch (RuntimeException e) {
            String sentence = String.valueOf(e.getMessage());
            if (isNew(claim, sentence)) {
                listener.accept(DriverEvent.of(Kind.NOT_PREPARED, claim, sentence));
                reports.warning(claim, "NotPrepared", "Prepare", sentence);
            }
        }
    }

    /** Returns the last sandbox of a claim's pod whose network namespace exists: one that was stopped has none. */
    private Optional<PodSandbox> sandboxOf(PreparedClaim claim) {
        List<PodSandbox> all;
        synchronized (sandboxes) {
            all = List.copyOf(sandboxes.values());
        }
        return all.reversed().stream()
                .filter(pod -> claim.namespace().equals(pod.namespace()) && claim.isOf(pod.uid()))
                .filter(pod -> pod.networkNamespace()
                        .map(this::cookie)
                        .filter(OptionalLong::isPresent)
                        .isPresent())
                .findFirst();
    }

    private OptionalLong cookie(Path netns) {
        try {
            return OptionalLong.of(leases.cookie(netns));
        } catch (DraException e) {
            return OptionalLong.empty();
        }
    }

    /** Leases what the sandbox lacks. If that fails, nothing of the claim remains leased. */
    private void attach(String uid, PodSandbox pod) {
        Optional<PreparedClaim> found = claims.find(uid);
        if (found.isEmpty()) {
            return;
        }
        PreparedClaim claim = found.get().in(pod.id());
        long begin = System.nanoTime();
        try {
            Path netns = pod.networkNamespace()
                    .orElseThrow(() -> new DraException("pod " + pod.namespace() + "/" + pod.name()
                            + " uses the host's network, where no queue can be leased to it: leave out hostNetwork"));
            long cookie = leases.cookie(netns);
            // Written first, so that it is known what the leases belong to.
            claims.keep(claim);
            boolean made = false;
            for (int share : IntStream.range(0, claim.shares().size()).toArray()) {
                made |= attach(claim, share, netns, cookie);
            }
            refusals.remove(uid);
            if (made) {
                Duration took = Duration.ofNanos(System.nanoTime() - begin);
                listener.accept(DriverEvent.of(Kind.LEASED, claim, took, claim.title() + " is leased to its pod"));
            }
        } catch (RuntimeException e) {
            refuse(claim, String.valueOf(e.getMessage()));
            throw e;
        }
    }

    private boolean attach(PreparedClaim claim, int share, Path netns, long cookie) {
        String owner = claim.owner(share);
        String device = claim.deviceName(share);
        Optional<Held> held = leases.held(owner::equals).stream().findFirst();
        if (held.isPresent() && held.get().usable() && held.get().netnsCookie() == cookie) {
            if (!gates.isOpen(device)) {
                open(claim, share, held.get().attached());
            }
            return false;
        }
        gates.close(device);
        leases.delete(owner::equals);
        // Has been done, unless the reservation was deleted or its NIC replugged.
        leases.reserve(claim.shares().get(share), owner);
        open(claim, share, leases.create(claim.shares().get(share), owner, netns));
        return true;
    }

    private void open(PreparedClaim claim, int share, Attached attached) {
        gates.open(claim.deviceName(share), attached);
        reports.status(claim, share, attached, "");
    }

    /** Returns whether a sentence has not been reported: each is once, since what fails is tried again and again. */
    private boolean isNew(PreparedClaim claim, String sentence) {
        return !sentence.equals(refusals.put(claim.uid(), sentence));
    }

    private void refuse(PreparedClaim claim, String sentence) {
        if (isNew(claim, sentence)) {
            listener.accept(DriverEvent.of(Kind.NOT_LEASED, claim, sentence));
            reports.warning(claim, "NotLeased", "RunPodSandbox", sentence);
            IntStream.range(0, claim.shares().size()).forEach(share -> reports.status(claim, share, null, sentence));
        }
        attempt(() -> undo(claim));
    }

    private void release(PreparedClaim claim) {
        undo(claim);
        IntStream.range(0, claim.shares().size()).forEach(share -> reports.status(claim, share, null, ""));
        listener.accept(DriverEvent.of(Kind.RELEASED, claim, claim.title() + " was released"));
    }

    private void undo(PreparedClaim claim) {
        claim.deviceNames().forEach(gates::close);
        leases.delete(owner -> owner.startsWith(claim.owners()));
        claims.keep(claim.in(""));
    }
}
