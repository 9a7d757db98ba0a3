package dev.qlease.lease;

import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.lease.Step.Planned;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueId;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leases of the NICs in one network namespace: plans, makes, lists and deletes them.
 *
 * {@snippet :
 * try (Leases leases = Leases.open();
 *         NetworkNamespace blue = NetworkNamespace.named("blue")) {
 *     LeaseSpec spec = LeaseSpec.of("eth0", blue)
 *             .address(IpPrefix.parse("2001:db8:2::2/64"))
 *             .build();
 *     Lease lease = leases.create(spec);
 * }
 * }
 *
 * <p>What undoing needs is kept below /run/qlease, in files that only root may write; each change is written down before it is made.
 * Making and deleting take CAP_NET_ADMIN in the initial user namespace, CAP_SYS_ADMIN to enter the guest's namespace, and
 * CAP_BPF for {@link Redirect#BPF}. Of all processes on the machine one at a time makes or deletes leases. Owns a descriptor
 * of the namespace. Safe for use by many threads.
 */
public final class Leases implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Leases.class);

    private final NetworkNamespace home;
    private final boolean elsewhere;
    private final StateStore store;

    private Leases(NetworkNamespace home, boolean elsewhere, Path directory) {
        this.home = home;
        this.elsewhere = elsewhere;
        this.store = new StateStore(directory, home.inode());
    }

    /** The leases of the NICs in the calling thread's namespace. */
    public static Leases open() {
        return new Leases(NetworkNamespace.current(), false, StateStore.DIRECTORY);
    }

    /** The leases of the NICs in {@code namespace}. */
    public static Leases open(NetworkNamespace namespace) {
        return new Leases(namespace.dup(), true, StateStore.DIRECTORY);
    }

    private Workbench workbench() {
        return new Workbench(home, elsewhere);
    }

    /**
     * Looks at the NIC and the guest's namespace, and says what making the lease takes. Changes nothing; takes no capability
     * but to enter the guest's namespace.
     *
     * @throws LinuxException ENODEV if there is no such NIC, ENETDOWN if it is down, EBUSY if the queues that it would take
     *     are not free, EEXIST if a device has the name of the host's or the guest's
     */
    public LeasePlan plan(LeaseSpec spec) {
        return between(spec, bench -> plan(spec, bench));
    }

    /** Has something done with sockets on both sides of a lease. */
    private <T> T between(LeaseSpec spec, Function<Workbench, T> work) {
        try (Workbench bench = workbench()) {
            bench.enter(spec.netns());
            return work.apply(bench);
        }
    }

    private LeasePlan plan(LeaseSpec spec, Workbench bench) {
        Link nic = bench.rtnetlink()
                .links()
                .find(spec.nic())
                .orElseThrow(() -> failure(spec, Errno.ENODEV, "there is no device " + spec.nic()));
        if (bench.guestRtnetlink().links().find(spec.guest()).isPresent()) {
            throw failure(spec, Errno.EEXIST, "there is a device " + spec.guest() + " in " + spec.netns() + " already");
        }
        String name = name(spec, bench);
        List<LeaseInfo> others = othersOf(nic);
        requireOwnAddresses(spec, others);
        QueueChoice choice = QueueChoice.of(spec, bench, nic, others);
        List<Planned> steps = new ArrayList<>(new NicSteps(spec, bench, nic, choice).plan());
        steps.addAll(new GuestSteps(spec, name, nic, choice.chosen()).plan());
        steps.addAll(new SteeringSteps(spec, bench, nic, choice.chosen()).plan());
        steps.addAll(new RedirectSteps(spec, bench, name, nic, home.inode()).plan());
        steps.add(new Verification(spec, nic).step());
        return new LeasePlan(this, spec, info(spec, name, nic, choice), steps);
    }

    /** The leases of a NIC, as they are written down; their queues may be free again by now. */
    private List<LeaseInfo> othersOf(Link nic) {
        return store.list().stream()
                .map(LeaseState::info)
                .filter(info -> info.nicIfindex() == nic.ifindex())
                .toList();
    }

    /** A lease whose guest has gone still has its rules and programs on the NIC, which would take what is for another. */
    private static void requireOwnAddresses(LeaseSpec spec, List<LeaseInfo> others) {
        for (LeaseInfo other : others) {
            for (IpPrefix address : spec.addresses()) {
                if (other.addresses().stream()
                        .anyMatch(text -> IpPrefix.parse(text).address().equals(address.address()))) {
                    throw failure(
                            spec,
                            Errno.EEXIST,
                            "lease " + other.name() + " is for " + address.address()
                                    + ": delete it first if its guest is gone");
                }
            }
        }
    }

    private static LinuxException failure(LeaseSpec spec, Errno errno, String detail) {
        return new LinuxException("lease queues of " + spec.nic(), errno.number(), detail);
    }

    private static LeaseInfo info(LeaseSpec spec, String name, Link nic, QueueChoice choice) {
        return new LeaseInfo(
                name,
                Status.INCOMPLETE,
                nic.ifname(),
                nic.ifindex(),
                spec.netns().path().toString(),
                spec.netns().inode(),
                spec.guest(),
                0,
                // The guest's queues get their numbers from the kernel; 0 is the one that a device has of its own.
                choice.chosen().stream().map(queue -> new LeasedQueue(queue, 0)).toList(),
                spec.addresses().stream().map(Object::toString).toList(),
                spec.redirect(),
                spec.mode().text(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS));
    }

    /** The name that was asked for, or the first of ql0, ql1 ... that neither a link nor a lease has. */
    private String name(LeaseSpec spec, Workbench bench) {
        if (spec.host().isPresent()) {
            String name = spec.host().get();
            if (isTaken(name, bench)) {
                throw failure(spec, Errno.EEXIST, "there is a device or a lease " + name + " already");
            }
            return name;
        }
        for (int i = 0; ; i++) {
            if (!isTaken("ql" + i, bench)) {
                return "ql" + i;
            }
        }
    }

    private boolean isTaken(String name, Workbench bench) {
        return store.find(name).isPresent()
                || bench.rtnetlink().links().find(name).isPresent();
    }

    /**
     * Plans a lease and makes it, while nobody else on this machine makes or deletes one: several processes may do this at
     * once.
     *
     * @throws LinuxException as {@link #plan} and {@link LeasePlan#apply}
     * @throws LeaseException naming the step that failed, why, and what could not be undone
     */
    public Lease create(LeaseSpec spec) {
        return store.locked(() -> between(spec, bench -> makeLocked(plan(spec, bench), bench)));
    }

    /** Does what a plan says. */
    Lease make(LeasePlan plan) {
        return store.locked(() -> between(plan.spec(), bench -> makeLocked(plan, bench)));
    }

    private Lease makeLocked(LeasePlan plan, Workbench bench) {
        if (store.find(plan.name()).isPresent()) {
            throw failure(plan.spec(), Errno.EEXIST, "there is a lease " + plan.name() + " already");
        }
        LeaseState state = new LeaseState(plan.info(), List.of());
        store.save(state);
        for (Planned step : plan.planned()) {
            state = take(state, plan, step, bench);
        }
        LeaseInfo made = plan.info().made(bench.guest().ifindex(), bench.queues());
        store.save(state.with(made));
        return new Lease(this, made);
    }

    /** Takes a step; answers what is written down by then. */
    private LeaseState take(LeaseState before, LeasePlan plan, Planned planned, Workbench bench) {
        Step step = planned.step();
        LOG.debug("lease {}: {}", plan.name(), step);
        LeaseState state = before;
        try {
            if (planned.undoing().isPresent()) {
                state = note(before, planned.undoing().get(), step.changes());
            }
            if (planned.action() != null && step.changes()) {
                planned.action().run(bench);
            }
            return state;
        } catch (RuntimeException e) {
            forgetWhatIsSomebodysElse(plan.name(), planned, e);
            throw new LeaseException(
                    "lease " + plan.name() + " of " + plan.spec().nic(), step.name(), e, undoAll(plan.name(), bench));
        }
    }

    /** Writes down how a change is taken back, before it is made; also that one is needed which another lease has made. */
    private LeaseState note(LeaseState state, Undo undo, boolean changes) {
        if (undo instanceof Undo.Shared shared) {
            LeaseInfo lease = state.info();
            if (changes || store.isShared(shared)) {
                store.share(shared, lease.name());
            }
            if (changes && undo instanceof Undo.Channels) {
                // The kernel lets no queue go that the RSS table has, and that stays with the last lease.
                store.list().stream()
                        .map(LeaseState::info)
                        .filter(other -> other.nicIfindex() == lease.nicIfindex())
                        .forEach(other -> store.share(shared, other.name()));
            }
            return state;
        }
        LeaseState next = state.about(undo);
        store.save(next);
        return next;
    }

    /** What could not be made since there is one already, made by somebody else since the plan, is not to be undone. */
    private void forgetWhatIsSomebodysElse(String lease, Planned planned, RuntimeException failure) {
        if (failure instanceof LinuxException e && e.is(Errno.EEXIST)) {
            LeaseState state = store.find(lease).orElseThrow();
            planned.undoing().ifPresent(undo -> store.save(state.without(undo)));
        }
    }

    /** Undoes all that a lease has changed, as far as possible, and answers what was not. */
    private List<String> undoAll(String lease, Workbench bench) {
        List<String> failures = new ArrayList<>();
        Undoing undoing = new Undoing(bench);
        LeaseState state = store.find(lease).orElseThrow();
        for (Undo undo : state.undo().reversed()) {
            if (isAnothers(undo, lease) || undone(undoing, undo, failures)) {
                state = state.without(undo);
                store.save(state);
            }
        }
        if (failures.isEmpty()) {
            for (Undo.Shared undo : store.sharedOnlyBy(lease)) {
                undone(undoing, undo, failures);
            }
        }
        if (failures.isEmpty()) {
            store.unshare(lease);
            store.remove(lease);
        }
        return failures;
    }

    /** Whether another lease has made the same anew, in a namespace that took the place of one that is gone. */
    private boolean isAnothers(Undo undo, String lease) {
        return store.list().stream()
                .anyMatch(other ->
                        !other.info().name().equals(lease) && other.undo().contains(undo));
    }

    private static boolean undone(Undoing undoing, Undo undo, List<String> failures) {
        try {
            undoing.undo(undo);
            return true;
        } catch (RuntimeException e) {
            failures.add(undo.title() + ": " + e.getMessage());
            return false;
        }
    }

    /** All leases, by name. Takes no privilege but to read /run/qlease. */
    public List<LeaseInfo> list() {
        List<LeaseState> states = store.list();
        if (states.isEmpty()) {
            return List.of();
        }
        try (Workbench bench = workbench()) {
            return states.stream().map(state -> seen(state, bench)).toList();
        }
    }

    /** The lease of this name. */
    public Optional<LeaseInfo> find(String name) {
        return list().stream().filter(info -> info.name().equals(name)).findFirst();
    }

    /** A lease as it is now: its queues may be gone with the guest's namespace. */
    private static LeaseInfo seen(LeaseState state, Workbench bench) {
        LeaseInfo info = state.info();
        boolean there = info.status() != Status.READY
                || (hasItsLink(state, bench) && info.queues().stream().allMatch(queue -> isLeased(info, queue, bench)));
        return there ? info : info.with(Status.GONE);
    }

    /** The host's end goes with the guest's, whose number alone a device of another namespace may have as well. */
    private static boolean hasItsLink(LeaseState state, Workbench bench) {
        Undo.Link host = new Undo.Link(state.info().name(), Optional.empty());
        return !state.undo().contains(host)
                || bench.rtnetlink().links().find(host.ifname()).isPresent();
    }

    private static boolean isLeased(LeaseInfo info, LeasedQueue queue, Workbench bench) {
        try {
            Queue now = bench.netdev().queue(info.nicIfindex(), QueueId.rx(queue.nic()));
            return now.lease()
                    .filter(lease -> lease.ifindex() == info.guestIfindex()
                            && lease.queue().equals(QueueId.rx(queue.guest())))
                    .isPresent();
        } catch (LinuxException e) {
            if (e.is(Errno.ENODEV) || e.is(Errno.ENOENT)) {
                return false;
            }
            throw e;
        }
    }

    /**
     * Deletes a lease, whoever made it: the guest's device goes, and the NIC is put back as it was before, but for what
     * other leases need. What could not be undone is tried again by the next call.
     *
     * @throws LinuxException ENOENT if there is no such lease
     * @throws LeaseException if something could not be undone
     */
    public void delete(String name) {
        if (!deleteIfThere(name)) {
            throw new LinuxException("delete lease " + name, Errno.ENOENT.number(), "there is no such lease");
        }
    }

    boolean deleteIfThere(String name) {
        if (store.find(name).isEmpty()) {
            return false;
        }
        return store.locked(() -> {
            Optional<LeaseState> state = store.find(name);
            if (state.isEmpty()) {
                return false;
            }
            store.save(state.get().with(state.get().info().with(Status.INCOMPLETE)));
            try (Workbench bench = workbench()) {
                List<String> failures = undoAll(name, bench);
                if (!failures.isEmpty()) {
                    throw new LeaseException(
                            "lease " + name,
                            "delete",
                            new LinuxException("undo", Errno.EIO.number(), "not all could be undone"),
                            failures);
                }
                return true;
            }
        });
    }

    /** Lets go of the namespace; the leases stay. */
    @Override
    public void close() {
        home.close();
    }
}
