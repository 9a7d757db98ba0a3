package dev.qlease.ops;

import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.net.NamespaceSockets;
import java.util.ArrayList;
import java.util.List;
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
        return leases.list().stream().map(this::actual).toList();
    }

    private ActualLease actual(LeaseInfo info) {
        NicIdentity nic = leases.nic(info.name())
                .map(NicIdentity::of)
                .orElseGet(() -> new NicIdentity(info.nic(), info.nicIfindex(), Optional.empty(), Optional.empty()));
        LeaseState state = new LeaseState(
                info.name(), nic, new GuestNamespace(info.netns(), info.netnsCookie()), LeaseShape.of(info));
        return new ActualLease(state, info.id(), info.status(), info.problems());
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
            return work.apply(lease.shape().spec(lease.name(), lease.nic().find(home), netns), netns);
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
