package dev.qlease.ops;

import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.lease.NicSetting;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.rtnetlink.Link;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** The leases of the machine: reads, creates and deletes them. Owns its sockets, not the leases. */
final class Machine implements AutoCloseable {
    private final Leases leases;
    private final NamespaceSockets home;

    /** @param home the namespace of the NICs; remains owned by the caller */
    Machine(Leases leases, NetworkNamespace home) {
        this.leases = leases;
        this.home = NamespaceSockets.of(home);
    }

    /** Returns all leases, sorted by name. */
    List<ActualLease> leases() {
        return actual(leases.list());
    }

    /** Returns the ids without those of leases that were deleted by hand, as far as that is known. */
    List<String> existing(List<String> ids) {
        List<LeaseInfo> there = leases.list();
        if (there.stream().anyMatch(lease -> lease.status() == LeaseInfo.Status.UNREADABLE)) {
            return ids;
        }
        return ids.stream()
                .filter(id -> there.stream().anyMatch(lease -> lease.id().equals(id)))
                .toList();
    }

    /** As {@link #leases()}, once no other process is creating or deleting a lease. */
    List<ActualLease> settledLeases() {
        return actual(leases.settled());
    }

    /**
     * Returns a text that distinguishes a NIC from the one that is there after it was replugged.
     */
    String instance(NicIdentity nic) {
        Link link = nic.link(home);
        return link.ifindex() + " " + home.instance(link.ifname());
    }

    /** Returns whether a NIC is up. */
    boolean isUp(NicIdentity nic) {
        return nic.link(home).isUp();
    }

    /** Has the kernel announce the end of a namespace in the namespace of the NICs, as it does for a pair's. */
    void announceEnd(GuestNamespace netns) {
        try (NetworkNamespace namespace = netns.open()) {
            int _ = home.rtnetlink().namespaceIds().assign(namespace);
        }
    }

    /** Leaves out reservations: files describe leases only. */
    private List<ActualLease> actual(List<LeaseInfo> all) {
        return all.stream()
                .filter(info -> !info.isReservation())
                .map(this::actual)
                .toList();
    }

    private ActualLease actual(LeaseInfo info) {
        NicIdentity nic = leases.nic(info.name())
                .map(NicIdentity::of)
                .orElseGet(() -> new NicIdentity(info.nic(), info.nicIfindex(), Optional.empty(), Optional.empty()));
        LeaseState state = new LeaseState(
                info.name(), nic, new GuestNamespace(info.netns(), info.netnsCookie()), LeaseShape.of(info));
        return new ActualLease(state, info.id(), info.status(), info.problems(), info.owner());
    }

    /**
     * Finds the NIC and the namespace of a wanted lease.
     *
     * @throws OpsException if there is no such NIC or namespace; the message begins with the position in the file
     */
    LeaseState find(WantedLease wanted) {
        String field = "leases." + wanted.name() + ".";
        try {
            NicIdentity nic = NicIdentity.of(wanted.nic().find(home));
            field += "netns";
            return new LeaseState(wanted.name(), nic, GuestNamespace.find(wanted.guest()), wanted.shape());
        } catch (OpsException e) {
            String which = field.endsWith(".") ? field + "nic" : field;
            throw new OpsException(e.reason(), wanted.position() + ": " + which + ": " + e.getMessage());
        }
    }

    /**
     * Finds the NICs and the namespaces of wanted leases.
     *
     * @throws OpsException if there is no such NIC or namespace; the message has all that are missing
     */
    List<LeaseState> find(List<WantedLease> wanted) {
        List<LeaseState> found = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (WantedLease lease : wanted) {
            try {
                found.add(find(lease));
            } catch (OpsException e) {
                missing.add(e.getMessage());
            }
        }
        if (!missing.isEmpty()) {
            throw new OpsException(OpsException.Reason.NOT_FOUND, String.join("; ", missing));
        }
        return found;
    }

    /**
     * Returns the changes that make the settings of NICs as they are wanted.
     *
     * @throws OpsException if there is no such NIC, or its driver does not have a setting
     */
    List<NicChange> changes(List<WantedNic> wanted) {
        List<NicChange> changes = new ArrayList<>();
        for (WantedNic nic : wanted) {
            Link link = find(nic);
            Map<NicSetting, String> found = leases.settings(link);
            nic.settings().forEach((setting, value) -> {
                String now = found.get(setting);
                if (now == null) {
                    throw new OpsException(
                            OpsException.Reason.UNSUPPORTED,
                            nic.position() + ": nics." + nic.name() + ": the driver of " + link.ifname() + " has no "
                                    + setting.text());
                }
                if (!now.equals(value)) {
                    changes.add(new NicChange(NicIdentity.of(link), setting, now, value));
                }
            });
        }
        return changes;
    }

    /**
     * Finds a NIC whose settings a file describes.
     *
     * @throws OpsException if there is no such NIC; the message begins with the position in the file
     */
    Link find(WantedNic nic) {
        try {
            return nic.nic().find(home);
        } catch (OpsException e) {
            throw new OpsException(e.reason(), nic.position() + ": nics." + nic.name() + ": " + e.getMessage());
        }
    }

    /** Refuses settings that a lease would change again. */
    void requireAgreeing(List<WantedNic> nics, List<LeaseState> wanted) {
        for (WantedNic nic : nics) {
            NicIdentity identity = NicIdentity.of(find(nic));
            for (LeaseState lease : wanted) {
                if (lease.nic().isSame(identity)) {
                    nic.settings().forEach((setting, value) -> requireAgreeing(nic, setting, value, lease));
                }
            }
        }
    }

    private static void requireAgreeing(WantedNic nic, NicSetting setting, String value, LeaseState lease) {
        String needed = switch (setting) {
            case COMBINED -> value;
            case RX_RING ->
                lease.shape().rxRing().isPresent()
                        ? Integer.toString(lease.shape().rxRing().getAsInt())
                        : value;
            case TCP_DATA_SPLIT -> "on";
            case HDS_THRESH -> "0";
        };
        if (!needed.equals(value)) {
            throw new InvalidFileException(nic.position() + ": nics." + nic.name() + "." + setting.text() + ": lease "
                    + lease.name() + " needs " + needed + ", not " + value);
        }
    }

    /** Makes changes of settings, all of a NIC at once. */
    void make(List<NicChange> changes) {
        byNic(changes).forEach((nic, ofNic) -> {
            Map<NicSetting, String> values = new EnumMap<>(NicSetting.class);
            ofNic.forEach(change -> values.put(change.setting(), change.wanted()));
            leases.set(nic.link(home), values);
        });
    }

    /** Undoes changes of the settings of a NIC; returns those that others have changed since, a sentence each. */
    List<String> undo(NicIdentity nic, List<NicChange> changes) {
        Link link = nic.link(home);
        Map<NicSetting, String> now = leases.settings(link);
        Map<NicSetting, String> values = new EnumMap<>(NicSetting.class);
        List<String> notes = new ArrayList<>();
        for (NicChange change : changes) {
            String value = now.getOrDefault(change.setting(), "");
            if (value.equals(change.wanted())) {
                values.put(change.setting(), change.found());
            } else if (!value.equals(change.found())) {
                notes.add(change.setting().text() + " of " + link.ifname() + " was changed to " + value
                        + " by another program: left unchanged");
            }
        }
        if (!values.isEmpty()) {
            leases.set(link, values);
        }
        return notes;
    }

    static Map<NicIdentity, List<NicChange>> byNic(List<NicChange> changes) {
        Map<NicIdentity, List<NicChange>> byNic = new LinkedHashMap<>();
        changes.forEach(change ->
                byNic.computeIfAbsent(change.nic(), _ -> new ArrayList<>()).add(change));
        return byNic;
    }

    /** Refuses a lease that could not be created now. */
    void requirePossible(LeaseState lease) {
        with(lease, (spec, _) -> leases.plan(spec));
    }

    /** Creates a lease with this id. */
    void create(LeaseState lease, String id) {
        with(lease, (spec, _) -> leases.create(spec, id).keep());
    }

    private <T> T with(LeaseState lease, BiFunction<LeaseSpec, NetworkNamespace, T> work) {
        try (NetworkNamespace netns = lease.netns().open()) {
            return work.apply(
                    lease.shape().spec(lease.name(), lease.nic().link(home).ifname(), netns), netns);
        }
    }

    /** Deletes a lease, if it exists; returns what was left unchanged and why, each as a sentence. */
    List<String> delete(String name, String id) {
        return leases.delete(name, id).orElse(List.of());
    }

    @Override
    public void close() {
        home.close();
    }
}
