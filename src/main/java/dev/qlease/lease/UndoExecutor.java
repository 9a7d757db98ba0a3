package dev.qlease.lease;

import dev.qlease.ethtool.FlowAction;
import dev.qlease.ethtool.FlowMatch;
import dev.qlease.ethtool.FlowRule;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.netlink.IpAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * Undoes the changes of a lease: first its links, which returns its queues to the NIC, then the steering of traffic to
 * them, then the settings that it shared with others. Everything is proven to be the lease's own before it is deleted,
 * and a setting is restored only if it has a value that a lease has set. Things that no longer exist count as undone.
 * Does not require files to be writable.
 */
final class UndoExecutor implements AutoCloseable {
    /** The kernel dismantles a namespace's devices in the background. */
    private static final Duration NAMESPACE_GOES = Duration.ofSeconds(10);

    private static final Path FORWARDING_OF_ALL = Path.of("/proc/sys/net/ipv4/conf/all/forwarding");

    private static final long PAUSE_NANOS = Duration.ofMillis(20).toNanos();

    private final NamespaceSockets home;
    private final LeaseStore store;
    private final LeaseLinks links;
    private final NicSearch search;
    private final String bootId;
    private final List<String> failures = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    UndoExecutor(NamespaceSockets home, LeaseStore store, String bootId) {
        this.home = home;
        this.store = store;
        this.bootId = bootId;
        this.links = new LeaseLinks(home);
        this.search = new NicSearch(home);
    }

    /** Returns what could not be undone, each as a sentence. */
    List<String> failures() {
        return List.copyOf(failures);
    }

    /** Returns what was left unchanged because others have changed it, each as a sentence. */
    List<String> notes() {
        return List.copyOf(notes);
    }

    /**
     * Undoes the changes of a lease as far as possible.
     *
     * @param undo the lease's own changes
     */
    void undo(LeaseRecord lease, List<Undo> undo) {
        if (!lease.bootId().equals(bootId)) {
            return;
        }
        if (undo.contains(new Undo.Netkit())) {
            attempt("netkit device", () -> deleteLinks(lease));
        }
        if (!failures.isEmpty()) {
            // The guest still has the queues: neither the guard nor the steering away from them may be removed.
            return;
        }
        if (undo.contains(new Undo.Programs())) {
            attempt("BPF programs", () -> GuardPrograms.remove(lease.id()));
        }
        attempt("steering", () -> find(lease).ifPresent(found -> undoOn(found, lease, undo)));
        restoreSettings(lease.id(), undo.contains(new Undo.Programs()));
    }

    private Optional<NicHandle> find(LeaseRecord lease) {
        return search.find(lease.nic(), KernelText.path(lease.netns()));
    }

    /** Undoes what is known of a lease whose record cannot be read. */
    void undoUnreadable(LeaseId id) {
        attempt("netkit device", () -> links.delete(id));
        if (failures.isEmpty()) {
            attempt("BPF programs", () -> GuardPrograms.remove(id));
            restoreSettings(id, true);
        }
    }

    private void attempt(String what, Runnable undoing) {
        store.reached("undo " + what);
        try {
            undoing.run();
        } catch (RuntimeException e) {
            failures.add(what + ": " + e.getMessage());
        }
    }

    /** Deletes the links and waits until the queues are free: only then may other traffic reach them again. */
    private void deleteLinks(LeaseRecord lease) {
        links.delete(lease, find(lease));
        long deadline = System.nanoTime() + NAMESPACE_GOES.toNanos();
        while (true) {
            Optional<String> held = held(lease);
            if (held.isEmpty()) {
                return;
            }
            if (System.nanoTime() - deadline >= 0) {
                throw new LeaseRefusedException(LeaseRefusedException.Reason.IN_USE, held.get());
            }
            boolean interrupted = Thread.interrupted();
            LockSupport.parkNanos(PAUSE_NANOS);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Returns a sentence if a queue of the lease is still leased, and not by another lease. */
    private Optional<String> held(LeaseRecord lease) {
        Optional<NicHandle> nic = find(lease);
        if (nic.isEmpty()) {
            return Optional.empty();
        }
        for (LeasedQueue queue : lease.queues()) {
            Optional<dev.qlease.netdev.Lease> holder = LeaseLinks.holder(nic.get(), queue.nic());
            if (holder.isPresent() && !isAnothers(lease, queue.nic(), holder.get())) {
                return Optional.of("queue " + queue.nic() + " of " + nic.get().name()
                        + " is still leased, to ifindex " + holder.get().ifindex() + namespace(holder.get())
                        + ", which is not known to belong to this lease: delete that device");
            }
        }
        return Optional.empty();
    }

    private static String namespace(dev.qlease.netdev.Lease holder) {
        return holder.netnsId().isPresent()
                ? " in the namespace of id " + holder.netnsId().getAsInt()
                : " of this namespace";
    }

    private boolean isAnothers(LeaseRecord lease, int queue, dev.qlease.netdev.Lease holder) {
        return store.records().stream()
                .anyMatch(other -> !other.id().equals(lease.id())
                        && other.homeCookie() == lease.homeCookie()
                        && other.nicQueues().contains(queue)
                        && other.guestIfindex() == holder.ifindex());
    }

    private void undoOn(NicHandle nic, LeaseRecord lease, List<Undo> undo) {
        ForeignTraffic traffic = ForeignTraffic.of(nic);
        OptionalLong context = context(traffic, lease, undo);
        OptionalLong action = context.isPresent() ? context : changedContext(traffic, lease);
        for (Undo each : undo.reversed()) {
            switch (each) {
                case Undo.FlowRule rule ->
                    attempt(rule.title() + " on " + nic.name(), () -> deleteRule(nic, traffic, lease, rule, action));
                case Undo.RssContext it ->
                    attempt(
                            it.title() + " of " + nic.name() + " over queues " + lease.nicQueues(),
                            () -> context.ifPresent(id -> nic.ethtool().deleteRssContext(nic.ifindex(), (int) id)));
                case Undo.Netkit _, Undo.Programs _ -> {}
            }
        }
    }

    /**
     * Returns a context of the lease whose table another program has changed since: its rules are deleted, but the
     * context is kept.
     */
    private OptionalLong changedContext(ForeignTraffic traffic, LeaseRecord lease) {
        OptionalLong noted = lease.rssContext();
        if (noted.isEmpty()
                || traffic.contexts().stream().noneMatch(context -> context.context() == noted.getAsLong())) {
            return OptionalLong.empty();
        }
        notes.add("RSS context " + noted.getAsLong() + " was changed by another program: left unchanged");
        return noted;
    }

    /**
     * Returns the lease's context: the one that it recorded or, if it had not yet, a new one over exactly its queues.
     */
    private static OptionalLong context(ForeignTraffic traffic, LeaseRecord lease, List<Undo> undo) {
        List<Integer> over = SteeringSteps.contextsOver(traffic, lease.nicQueues());
        for (Undo each : undo) {
            if (each instanceof Undo.RssContext(List<Integer> before)) {
                return over.stream()
                        .filter(id -> lease.rssContext().isPresent()
                                ? lease.rssContext().getAsLong() == id
                                : !before.contains(id))
                        .mapToLong(Integer::longValue)
                        .findFirst();
            }
        }
        return OptionalLong.empty();
    }

    private static void deleteRule(
            NicHandle nic, ForeignTraffic traffic, LeaseRecord lease, Undo.FlowRule rule, OptionalLong context) {
        FlowMatch match = SteeringSteps.match(IpAddress.parse(rule.destination()), rule.port());
        Optional<FlowAction> action = SteeringSteps.action(lease.nicQueues(), context);
        for (FlowRule there : traffic.rules()) {
            if (there.match().equals(match) && action.equals(Optional.of(there.action()))) {
                nic.ethtool().deleteFlowRule(nic.name(), there.location().orElseThrow());
            }
        }
    }

    /**
     * Restores the settings that no lease needs any more, including those left by an earlier lease whose process died.
     *
     * @param isGuarded whether the lease has programs, and so may take part in the guard of forwarding
     */
    private void restoreSettings(LeaseId id, boolean isGuarded) {
        if (failures.isEmpty()) {
            attempt("settings", () -> restoreSettingsBut(id, isGuarded));
        }
    }

    private void restoreSettingsBut(LeaseId id, boolean isGuarded) {
        List<LeaseStore.Stored> others = store.leases().stream()
                .filter(stored -> !(stored instanceof LeaseStore.Known known
                        ? known.record().id().equals(id)
                        : stored instanceof LeaseStore.Unreadable unreadable
                                && unreadable.id().equals(id)))
                .toList();
        if (others.stream().anyMatch(LeaseStore.Unreadable.class::isInstance)) {
            notes.add("settings of the NIC are left as they are, since a lease that cannot be read may need them");
            return;
        }
        List<ChangedSetting> alone = store.settings(notes::add).stream()
                .filter(setting -> setting.homeCookie() == home.namespace().cookie()
                        || !setting.bootId().equals(bootId))
                .filter(setting -> others.stream()
                        .noneMatch(
                                stored -> stored instanceof LeaseStore.Known known && needs(known.record(), setting)))
                .sorted(Comparator.comparing(ChangedSetting::setting).reversed())
                .toList();
        Map<NicId, List<ChangedSetting>> byNic = new LinkedHashMap<>();
        alone.forEach(setting ->
                byNic.computeIfAbsent(setting.nic(), _ -> new ArrayList<>()).add(setting));
        byNic.forEach((nic, settings) -> attempt("settings of " + nic.name(), () -> restore(nic, settings)));
        if (isGuarded && failures.isEmpty()) {
            attempt("guard of forwarding", () -> retainGuards(others));
        }
    }

    /** Keeps the guard of forwarding for the leases that forward, and for NICs on which forwarding was enabled. */
    private void retainGuards(List<LeaseStore.Stored> others) {
        long cookie = home.namespace().cookie();
        boolean any = false;
        for (ForwardGuards.Protocol protocol : ForwardGuards.Protocol.values()) {
            Set<Integer> kept = new HashSet<>();
            for (LeaseStore.Stored stored : others) {
                if (stored instanceof LeaseStore.Known known
                        && known.record().homeCookie() == cookie
                        && known.record().undo().contains(new Undo.Programs())
                        && known.record().redirect() != Redirect.BPF) {
                    kept.add(known.record().hostIfindex());
                }
            }
            store.settings(_ -> {}).stream()
                    .filter(setting -> setting.setting() == protocol.forwarding() && setting.homeCookie() == cookie)
                    .forEach(setting -> kept.add(setting.nic().ifindex()));
            ForwardGuards.retain(protocol, cookie, kept);
            any |= !kept.isEmpty();
        }
        if (!any) {
            ForwardGuards.remove(cookie);
        }
    }

    /**
     * Returns whether the lease needs the setting. The number of queues that leases have set cannot be reduced while
     * any lease's RSS table uses them.
     */
    private boolean needs(LeaseRecord lease, ChangedSetting setting) {
        return lease.bootId().equals(setting.bootId())
                && (lease.settings().contains(setting.key())
                        || (setting.setting().isChannels()
                                && lease.homeCookie() == setting.homeCookie()
                                && lease.nic().isSame(setting.nic())
                                && isAsLeasesSet(setting)));
    }

    /** Returns false if no lease got to set it, since its process died, or if another program has changed it since. */
    private boolean isAsLeasesSet(ChangedSetting setting) {
        return find(setting.nic())
                .map(nic -> setting.set().contains(setting.setting().read(nic)))
                .orElse(true);
    }

    private Optional<NicHandle> find(NicId nic) {
        return search.find(nic, Path.of("/proc/1/ns/net"));
    }

    private void restore(NicId id, List<ChangedSetting> settings) {
        Optional<NicHandle> nic = settings.getFirst().bootId().equals(bootId) ? find(id) : Optional.empty();
        Map<Setting, String> values = new EnumMap<>(Setting.class);
        for (ChangedSetting setting : settings) {
            nic.filter(found -> !setting.setting().isSysctl() || found.sockets() == home)
                    .ifPresent(found -> attempt(setting.title(), () -> restore(found, setting, values)));
        }
        nic.ifPresent(found -> attempt("rings of " + found.name(), () -> Setting.write(found, values)));
        if (failures.isEmpty()) {
            settings.forEach(setting -> attempt(setting.title(), () -> store.remove(setting)));
        }
    }

    /** Restores a setting; adds settings of rings to {@code rings}, which are restored by one command. */
    private void restore(NicHandle nic, ChangedSetting changed, Map<Setting, String> rings) {
        Setting setting = changed.setting();
        String now = setting.read(nic);
        if (changed.set().contains(now)) {
            if (setting == Setting.NTUPLE
                    && changed.before().startsWith(Setting.OFF)
                    && Setting.hasOtherRules(
                            changed.before(), ForeignTraffic.of(nic).rules())) {
                notes.add(setting.title(nic.name()) + " is left on, since there are flow rules of others");
            } else if (setting == Setting.IPV4_FORWARDING && isForwardedByAll(nic)) {
                notes.add(setting.title(nic.name()) + " is left on, since this host now forwards for all devices");
            } else if (setting.isOfRings()) {
                rings.put(setting, changed.before());
            } else {
                setting.write(nic, changed.before());
            }
        } else if (!setting.is(nic, now, changed.before())) {
            notes.add(setting.title(nic.name()) + " was changed to " + now + " by another program: left unchanged");
        }
    }

    /** Returns whether forwarding is enabled for all devices, which enables it for each. */
    private static boolean isForwardedByAll(NicHandle nic) {
        return KernelFiles.find(nic.sockets().namespace(), FORWARDING_OF_ALL)
                .filter(Setting.ON::equals)
                .isPresent();
    }

    @Override
    public void close() {
        search.close();
    }
}
