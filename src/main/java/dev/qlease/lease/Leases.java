package dev.qlease.lease;

import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.lease.LeaseRefusedException.Reason;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.rtnetlink.Link;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/**
 * Plans, creates, verifies, lists and deletes leases of the NICs in one network namespace, and reserves queues for
 * them.
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
 * <p>The records from which a lease is undone are kept in /run/qlease, in files that only root can write. Each change
 * is recorded before it is made. Creating and deleting leases requires CAP_NET_ADMIN in the initial user namespace,
 * CAP_SYS_ADMIN to enter the guest's namespace, and CAP_BPF for the guest's guard. A lock ensures that only one thread
 * on the machine creates or deletes leases at a time. Owns a descriptor of the namespace. Thread-safe.
 */
public final class Leases implements AutoCloseable {
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final NetworkNamespace home;
    private final LeaseStore store;
    private final String bootId;

    Leases(NetworkNamespace home, LeaseStore store) {
        this.home = home;
        this.store = store;
        this.bootId = KernelFiles.read(BOOT_ID);
    }

    /** Opens the leases of the NICs in the calling thread's network namespace. */
    public static Leases open() {
        return new Leases(NetworkNamespace.current(), new LeaseStore(LeaseStore.ROOT));
    }

    /** Opens the leases of the NICs in {@code namespace}, which remains owned by the caller. */
    public static Leases open(NetworkNamespace namespace) {
        return new Leases(namespace.dup(), new LeaseStore(LeaseStore.ROOT));
    }

    /**
     * Opens the leases of the NICs in {@code namespace}, which remains owned by the caller.
     *
     * @param timeout how long to wait while other processes create or delete leases; 30 seconds otherwise
     */
    public static Leases open(NetworkNamespace namespace, Duration timeout) {
        return new Leases(namespace.dup(), new LeaseStore(LeaseStore.ROOT, timeout));
    }

    private NamespaceSockets sockets() {
        return NamespaceSockets.of(home);
    }

    /**
     * Examines the NIC and the guest's namespace and plans the changes that the lease requires. Changes nothing, and
     * requires no capability except CAP_SYS_ADMIN to enter the guest's namespace.
     *
     * @throws LeaseRefusedException if the lease cannot be created, or cannot be created safely; the message says why
     * @throws LinuxException if the kernel refuses a query
     */
    public LeasePlan plan(LeaseSpec spec) {
        return between(
                spec,
                (here, there) -> new LeasePlan(spec, planner(here, there).plan(spec, LeaseId.random()), this::apply));
    }

    /**
     * Returns the number of a NIC's queues that could be leased now, besides one that is left for other traffic; 0 if
     * the NIC is down. A lease can have more, for which the NIC is given more queues.
     *
     * @throws LinuxException if the kernel refuses a query
     */
    public int leasableQueues(Link nic) {
        try (NamespaceSockets here = sockets()) {
            NicHandle handle = new NicHandle(here, nic);
            NicId id = NicId.of(handle);
            List<LeaseRecord> ofNic = store.records().stream()
                    .filter(lease -> lease.bootId().equals(bootId)
                            && lease.homeCookie() == home.cookie()
                            && lease.nic().isSame(id))
                    .toList();
            return QueueChoice.leasable(handle, ForeignTraffic.of(handle), ofNic);
        }
    }

    private LeasePlanner planner(NamespaceSockets here, NamespaceSockets there) {
        return new LeasePlanner(here, there, store, bootId);
    }

    /** Runs {@code work} with sockets in the NIC's namespace and in the guest's. */
    private <T> T between(LeaseSpec spec, BiFunction<NamespaceSockets, NamespaceSockets, T> work) {
        try (NamespaceSockets here = sockets();
                NamespaceSockets there = NamespaceSockets.of(spec.netns())) {
            return work.apply(here, there);
        }
    }

    /**
     * Plans a lease and creates it, under the lock that serializes creating and deleting leases.
     *
     * @throws LeaseRefusedException as for {@link #plan}; also if the lock is not free in time
     * @throws LeaseException if a step fails; the message names the step, the cause, and what could not be undone
     * @throws LinuxException EACCES if this process may not write to /run/qlease; otherwise as for {@link #plan}
     */
    public Lease create(LeaseSpec spec) {
        return create(spec, LeaseId.random());
    }

    /**
     * As {@link #create(LeaseSpec)}, with an id that the caller has recorded before, so that the lease can be found
     * even if this process dies.
     *
     * @param id an id from {@link #newId}, or that of a deleted lease, to restore it
     * @throws IllegalArgumentException if it is no id
     * @throws LeaseRefusedException as for {@link #create(LeaseSpec)}; also if a lease with this id exists
     */
    public Lease create(LeaseSpec spec, String id) {
        return create(spec, new LeaseId(id));
    }

    /** Returns a new random id for a lease. */
    public static String newId() {
        return LeaseId.random().text();
    }

    private Lease create(LeaseSpec spec, LeaseId id) {
        return store.locked(() -> between(spec, (here, there) -> {
            if (store.leases().stream().anyMatch(lease -> id(lease).equals(id))) {
                throw new LeaseRefusedException(Reason.IN_USE, "there is a lease with id " + id + " already");
            }
            return make(here, there, planner(here, there).plan(spec, id));
        }));
    }

    /** Carries out a plan, unless planning again now gives a different result. */
    private Lease apply(LeasePlan plan) {
        return store.locked(() -> between(plan.spec(), (here, there) -> {
            LeasePlanner.Decision now = planner(here, there).plan(plan.spec(), LeaseId.random());
            requireSame(plan, now);
            return make(here, there, now);
        }));
    }

    private static void requireSame(LeasePlan plan, LeasePlanner.Decision now) {
        List<String> before = plan.decision().comparable();
        List<String> after = now.comparable();
        if (!before.equals(after)) {
            String was = before.stream()
                    .filter(line -> !after.contains(line))
                    .findFirst()
                    .orElse("");
            String is = after.stream()
                    .filter(line -> !before.contains(line))
                    .findFirst()
                    .orElse("");
            throw new LeaseRefusedException(
                    Reason.CHANGED,
                    "lease " + plan.name() + ": the plan no longer applies: it was \"" + was + "\", now it would be \""
                            + is + "\"; plan again");
        }
    }

    private Lease make(NamespaceSockets here, NamespaceSockets there, LeasePlanner.Decision decision) {
        LeaseTransaction transaction = new LeaseTransaction(here, there, store, decision);
        LeaseRecord made = transaction.run();
        LeaseInfo info = LeaseInfo.of(made, Status.READY, List.of(), Map.of());
        return new Lease(this, info, made.netnsCookie(), transaction.guest());
    }

    /**
     * Reserves the queues of a lease that is created later: chooses them and makes all changes to the NIC that the
     * lease needs, which can take seconds. The queues are then held for leases of the same owner. Such a lease gets
     * exactly these, finds the NIC prepared, and can be deleted and created again; the settings of the NIC are restored
     * once both are deleted, in any order.
     *
     * @param spec the lease, with an owner; its namespace and the names of its devices are not used
     * @return the reservation, which remains until it is {@linkplain #delete(String) deleted}
     * @throws IllegalArgumentException if {@code spec} has no owner
     * @throws LeaseRefusedException if the lease could not be created, or not safely; also if its owner has a lease or
     *     a reservation already, or the lock is not free in time
     * @throws LeaseException if a step fails; the message names the step, the cause, and what could not be undone
     * @throws LinuxException EACCES if this process may not write to /run/qlease, or if the kernel refuses a query
     */
    public LeaseInfo reserve(LeaseSpec spec) {
        if (spec.owner().isEmpty()) {
            throw new IllegalArgumentException("queues are reserved for an owner: give the lease one");
        }
        return store.locked(() -> {
            try (NamespaceSockets here = sockets()) {
                LeasePlanner.Decision decision = planner(here, here).planReservation(spec, LeaseId.random());
                LeaseRecord made = new LeaseTransaction(here, here, store, decision).run();
                return LeaseInfo.of(made, Status.RESERVED, List.of(), Map.of());
            }
        });
    }

    /**
     * Returns all leases and reservations in their current state, sorted by name. One whose record cannot be read is
     * {@link Status#UNREADABLE}.
     *
     * @throws LinuxException EACCES if this process may not read the records
     */
    public List<LeaseInfo> list() {
        return list(_ -> true);
    }

    private List<LeaseInfo> list(Predicate<LeaseStore.Stored> wanted) {
        List<LeaseStore.Stored> stored = store.leases().stream().filter(wanted).toList();
        if (stored.isEmpty()) {
            return List.of();
        }
        try (NamespaceSockets here = sockets()) {
            long cookie = here.namespace().cookie();
            return stored.stream()
                    .filter(lease -> isOf(cookie, lease))
                    .map(states(here)::of)
                    .toList();
        }
    }

    /**
     * As {@link #list}, once no other process is creating or deleting a lease, so that only what a dead process has
     * left is {@link Status#INCOMPLETE}.
     *
     * @throws LeaseRefusedException if the lock is not free in time
     * @throws LinuxException EACCES if this process may not write to /run/qlease
     */
    public List<LeaseInfo> settled() {
        return store.locked(this::list);
    }

    /**
     * Returns the leases and reservations whose owner matches, in their current state, sorted by name; without those
     * that have no owner or whose record cannot be read.
     *
     * @throws LinuxException EACCES if this process may not read the records
     */
    public List<LeaseInfo> ownedBy(Predicate<String> owner) {
        return list(lease -> lease instanceof LeaseStore.Known(LeaseRecord record)
                && record.owner().filter(owner).isPresent());
    }

    /**
     * Returns the leases whose guest is the network namespace with this {@linkplain NetworkNamespace#cookie() cookie},
     * in their current state, sorted by name.
     *
     * @throws LinuxException EACCES if this process may not read the records
     */
    public List<LeaseInfo> ofGuest(long netnsCookie) {
        return list(lease -> isOfGuest(netnsCookie, lease));
    }

    /**
     * As whether {@link #ofGuest} returns any, without looking at their state.
     *
     * @throws LinuxException EACCES if this process may not read the records
     */
    public boolean hasGuest(long netnsCookie) {
        long cookie = home.cookie();
        return store.leases().stream().anyMatch(lease -> isOfGuest(netnsCookie, lease) && isOf(cookie, lease));
    }

    private boolean isOfGuest(long netnsCookie, LeaseStore.Stored lease) {
        return lease instanceof LeaseStore.Known(LeaseRecord record)
                && record.netnsCookie() == netnsCookie
                && record.bootId().equals(bootId);
    }

    private static boolean isOf(long cookie, LeaseStore.Stored lease) {
        return !(lease instanceof LeaseStore.Known(LeaseRecord record)) || record.homeCookie() == cookie;
    }

    /**
     * Returns the lease or reservation with this name; empty if there is none.
     *
     * @throws LinuxException EACCES if this process may not read the records
     */
    public Optional<LeaseInfo> find(String name) {
        return stored(name).map(lease -> {
            try (NamespaceSockets here = sockets()) {
                return states(here).of(lease);
            }
        });
    }

    private Optional<LeaseStore.Stored> stored(String name) {
        long cookie = home.cookie();
        return store.leases().stream()
                .filter(lease -> lease.name().equals(name) && isOf(cookie, lease))
                .findFirst();
    }

    private LeaseStates states(NamespaceSockets here) {
        return new LeaseStates(here, store, bootId);
    }

    /**
     * Checks that a lease or reservation is still as it was created, and that no traffic of others reaches its queues.
     *
     * @return the problems, each as a sentence with its remedy; empty if there are none
     * @throws LeaseRefusedException NOT_FOUND if there is no such lease
     * @throws LinuxException EACCES if this process may not read the records
     */
    public List<String> verify(String name) {
        return find(name).orElseThrow(() -> notFound(name)).problems();
    }

    /** Returns the settings that a NIC has, with their values. */
    public Map<NicSetting, String> settings(Link nic) {
        try (NamespaceSockets here = sockets()) {
            NicHandle handle = new NicHandle(here, nic);
            Map<NicSetting, String> values = new EnumMap<>(NicSetting.class);
            for (NicSetting setting : NicSetting.values()) {
                String value = setting.read(handle);
                if (!value.isEmpty()) {
                    values.put(setting, value);
                }
            }
            return values;
        }
    }

    /**
     * Changes settings of a NIC for good: no lease restores them.
     *
     * @throws LeaseRefusedException if the lock is not free in time
     * @throws LinuxException if the kernel or the driver refuses
     */
    public void set(Link nic, Map<NicSetting, String> values) {
        Map<Setting, String> raw = new EnumMap<>(Setting.class);
        values.forEach((setting, value) -> raw.put(setting.setting(), setting.raw(value)));
        store.locked(() -> {
            try (NamespaceSockets here = sockets()) {
                Setting.write(new NicHandle(here, nic), raw);
                return raw;
            }
        });
    }

    private static LeaseRefusedException notFound(String name) {
        return new LeaseRefusedException(Reason.NOT_FOUND, "there is no lease " + name);
    }

    /**
     * Deletes a lease or reservation, whichever process created it: deletes the guest's device, if there is one, and
     * restores the NIC, except for settings that other leases or reservations need or that others have changed in the
     * meantime. If something could not be undone, the next call tries again.
     *
     * @return what was left unchanged and why, each as a sentence, such as a setting that others have changed
     * @throws LeaseRefusedException NOT_FOUND if there is no such lease; also if the lock is not free in time
     * @throws LeaseException if something could not be undone; the lease then remains and is {@link Status#INCOMPLETE}
     */
    public List<String> delete(String name) {
        return store.locked(() -> deleteLocked(stored(name).orElseThrow(() -> notFound(name))));
    }

    /**
     * As {@link #delete(String)}, but only a lease with this name and this id; has no effect if there is none.
     *
     * @return what was left unchanged and why, each as a sentence; empty if there is no such lease
     */
    public Optional<List<String>> delete(String name, String id) {
        return store.locked(
                () -> stored(name).filter(lease -> id(lease).text().equals(id)).map(this::deleteLocked));
    }

    /**
     * Returns the NIC of a lease in its current state, under whatever name and ifindex; empty if there is no such
     * lease, or the NIC was removed, replugged or moved.
     */
    public Optional<Link> nic(String name) {
        return stored(name)
                .filter(lease -> lease instanceof LeaseStore.Known known
                        && known.record().bootId().equals(bootId))
                .flatMap(lease -> {
                    try (NamespaceSockets here = sockets();
                            NicSearch search = new NicSearch(here)) {
                        return search.atHome(((LeaseStore.Known) lease).record().nic())
                                .map(NicHandle::link);
                    }
                });
    }

    private static LeaseId id(LeaseStore.Stored stored) {
        return switch (stored) {
            case LeaseStore.Known(LeaseRecord lease) -> lease.id();
            case LeaseStore.Unreadable lease -> lease.id();
        };
    }

    private List<String> deleteLocked(LeaseStore.Stored stored) {
        try (NamespaceSockets here = sockets();
                LeaseDeletion deletion = new LeaseDeletion(here, store, bootId)) {
            return deletion.delete(stored);
        }
    }

    /** Closes the descriptor of the namespace; the leases remain. Idempotent. */
    @Override
    public void close() {
        home.close();
    }
}
