package dev.qlease.lease;

import dev.qlease.lease.LeaseRefusedException.Reason;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.rtnetlink.Link;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Examines the NIC, the host and the guest's namespace, and decides which changes a lease requires. Changes nothing.
 */
final class LeasePlanner {
    private final NamespaceSockets home;
    private final NamespaceSockets there;
    private final LeaseStore store;
    private final String bootId;

    LeasePlanner(NamespaceSockets home, NamespaceSockets there, LeaseStore store, String bootId) {
        this.home = home;
        this.there = there;
        this.store = store;
        this.bootId = bootId;
    }

    /**
     * The result of planning.
     *
     * @param record the record of the lease or reservation, with its undos
     * @param steps the steps to carry out
     */
    record Decision(LeaseRecord record, List<Step> steps) {
        /** Returns the text to compare with that of a later decision, without ids, which are new each time. */
        List<String> comparable() {
            List<String> lines = new ArrayList<>();
            lines.add("lease " + record.name());
            lines.add("nic " + record.nic());
            steps.forEach(step -> lines.add(step.toString()));
            return lines;
        }
    }

    /**
     * Plans a lease.
     *
     * @param leaseId the id that the lease will have
     * @throws LeaseRefusedException if the lease cannot be created, or not safely
     */
    Decision plan(LeaseSpec spec, LeaseId leaseId) {
        NicHandle nic = nic(spec);
        NicId id = NicId.of(nic);
        requireFreeNames(spec);
        String name = name(spec);
        List<LeaseRecord> leases = store.records().stream().filter(this::isHere).toList();
        GuestAddresses.check(spec, nic, leases);
        boolean switchIpv6On = GuestAddresses.needIpv6SwitchedOn(spec, there);
        ForeignTraffic traffic = ForeignTraffic.of(nic);
        QueueChoice choice = QueueChoice.of(spec, nic, traffic, ofNic(leases, id));
        NeededSettings needed = needed(nic, id);
        GuestSteps guest = new GuestSteps(spec, leaseId, name, nic, choice.chosen());
        List<Step> steps = new ArrayList<>(new NicSteps(spec, nic, traffic, choice, needed).plan());
        steps.addAll(guest.device());
        steps.addAll(new RedirectSteps(spec, leaseId, name, nic, needed).plan());
        steps.addAll(guest.use(switchIpv6On));
        steps.addAll(new SteeringSteps(spec, nic, traffic, choice.chosen()).plan());
        steps.add(Verification.step(spec, nic));
        return new Decision(record(spec, leaseId, name, id, choice, steps, needed), steps);
    }

    /**
     * Plans a reservation: what the NIC needs for the lease.
     *
     * @param reservationId the id that the reservation will have
     * @throws LeaseRefusedException if the lease could not be created safely, or its owner has one already
     */
    Decision planReservation(LeaseSpec spec, LeaseId reservationId) {
        NicHandle nic = nic(spec);
        NicId id = NicId.of(nic);
        List<LeaseRecord> leases = store.records().stream().filter(this::isHere).toList();
        leases.stream()
                .filter(lease -> lease.owner().equals(spec.owner()))
                .findFirst()
                .ifPresent(lease -> {
                    throw refused(spec, Reason.IN_USE, lease.owner().orElse("") + " already has " + lease.name());
                });
        GuestAddresses.check(spec, nic, leases);
        ForeignTraffic traffic = ForeignTraffic.of(nic);
        QueueChoice choice = QueueChoice.of(spec, nic, traffic, ofNic(leases, id));
        NeededSettings needed = needed(nic, id);
        List<Step> steps = new ArrayList<>(new NicSteps(spec, nic, traffic, choice, needed).plan());
        steps.add(Verification.reservationStep(spec, nic, choice.chosen()));
        LeaseRecord record = LeaseRecord.reservation(
                reservationId,
                freeName("qr"),
                bootId,
                home.namespace().cookie(),
                id,
                spec,
                choice.chosen(),
                needed.keys());
        return new Decision(record, steps);
    }

    private NicHandle nic(LeaseSpec spec) {
        Link link = home.findLink(spec.nic())
                .orElseThrow(() -> refused(spec, Reason.NOT_FOUND, "there is no device " + spec.nic()));
        if (!home.netdev().createsQueues()) {
            throw refused(spec, Reason.UNSUPPORTED, "this kernel cannot lease queues; that takes Linux 7.1 or newer");
        }
        return new NicHandle(home, link);
    }

    private static List<LeaseRecord> ofNic(List<LeaseRecord> leases, NicId nic) {
        return leases.stream().filter(lease -> lease.nic().isSame(nic)).toList();
    }

    private NeededSettings needed(NicHandle nic, NicId id) {
        List<ChangedSetting> changed = store.settings(_ -> {}).stream()
                .filter(setting -> setting.bootId().equals(bootId))
                .toList();
        return new NeededSettings(nic, id, home.namespace().cookie(), changed);
    }

    private boolean isHere(LeaseRecord lease) {
        return lease.bootId().equals(bootId)
                && lease.homeCookie() == home.namespace().cookie();
    }

    private static LeaseRefusedException refused(LeaseSpec spec, Reason reason, String detail) {
        return new LeaseRefusedException(reason, "lease queues of " + spec.nic() + ": " + detail);
    }

    private LeaseRecord record(
            LeaseSpec spec,
            LeaseId id,
            String name,
            NicId nic,
            QueueChoice choice,
            List<Step> steps,
            NeededSettings needed) {
        List<Undo> undo = new ArrayList<>();
        for (Step step : steps) {
            if (step instanceof Step.Change change) {
                change.undo().filter(each -> !undo.contains(each)).ifPresent(undo::add);
            }
        }
        return new LeaseRecord(
                id,
                name,
                LeaseRecord.Phase.MAKING,
                bootId,
                home.namespace().cookie(),
                nic,
                KernelText.text(spec.netns().path()),
                there.namespace().inode(),
                there.namespace().cookie(),
                spec.single(),
                0,
                spec.guest(),
                0,
                LeaseRecord.unassigned(choice.chosen()),
                spec.addresses().stream().map(Object::toString).toList(),
                spec.routes().stream().map(Object::toString).toList(),
                spec.ports(),
                spec.redirect(),
                spec.mode().text(),
                spec.sharedTraffic(),
                spec.rxRing(),
                LeaseRecord.now(),
                OptionalLong.empty(),
                undo,
                needed.keys(),
                spec.owner());
    }

    private void requireFreeNames(LeaseSpec spec) {
        if (there.rtnetlink().links().find(spec.guest()).isPresent()) {
            throw refused(
                    spec, Reason.IN_USE, "there is a device " + spec.guest() + " in " + spec.netns() + " already");
        }
    }

    /** Returns the requested name, or the first of ql0, ql1 and so on that neither a link nor a lease has. */
    private String name(LeaseSpec spec) {
        if (spec.host().isPresent()) {
            String name = spec.host().get();
            if (isTaken(name)) {
                throw refused(spec, Reason.IN_USE, "there is a device or a lease " + name + " already");
            }
            return name;
        }
        return freeName("ql");
    }

    private String freeName(String prefix) {
        for (int i = 0; ; i++) {
            if (!isTaken(prefix + i)) {
                return prefix + i;
            }
        }
    }

    /** Returns whether a link or a lease has this name, including leases whose record cannot be read. */
    private boolean isTaken(String name) {
        return store.leases().stream().anyMatch(lease -> isTakenBy(lease, name))
                || home.rtnetlink().links().find(name).isPresent();
    }

    private boolean isTakenBy(LeaseStore.Stored lease, String name) {
        return lease.name().equals(name)
                && (!(lease instanceof LeaseStore.Known known)
                        || known.record().homeCookie() == home.namespace().cookie());
    }
}
