package dev.qlease.node.dra;

import dev.qlease.lease.Lease;
import dev.qlease.lease.LeaseException;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.lease.LeaseRefusedException;
import dev.qlease.lease.LeasedQueue;
import dev.qlease.lease.Leases;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.NotANetworkNamespaceException;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.node.dra.PreparedClaim.Share;
import dev.qlease.ops.LeaseTemplate;
import dev.qlease.rtnetlink.Link;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The reservations and leases of claims on this node's NICs. Thread-safe. */
final class NicLeases implements ShareLeases {
    private static final Set<Status> UNUSABLE = Set.of(Status.GONE, Status.INCOMPLETE);

    private final NetworkNamespace home;
    private final Leases leases;
    private final NicInventory nics;

    /**
     * @param home the namespace of the NICs; remains owned by the caller
     * @param leases remains owned by the caller
     */
    NicLeases(NetworkNamespace home, Leases leases, NicInventory nics) {
        this.home = home;
        this.leases = leases;
        this.nics = nics;
    }

    @Override
    public void reserve(Share share, String owner) {
        List<LeaseInfo> own = translated(() -> leases.ownedBy(owner::equals));
        if (own.stream().anyMatch(NicLeases::isUsable)) {
            return;
        }
        delete(own);
        Link nic = nic(share);
        translated(() -> {
            // A claim gets no more than is published, although the NIC could be given more queues.
            int free = leases.leasableQueues(nic);
            if (share.queues() > free) {
                throw new DraException("queues of " + nic.ifname() + ": the claim needs " + share.queues() + ", and "
                        + free + " can be leased");
            }
            LeaseTemplate template = template(share, nic);
            return leases.reserve(template.spec(nic.ifname(), home, template.device(), owner));
        });
    }

    private static boolean isUsable(LeaseInfo lease) {
        return !UNUSABLE.contains(lease.status());
    }

    private Link nic(Share share) {
        return nics.find(share.device())
                .orElseThrow(() -> new DraException("NIC " + share.device() + " is not on this node any more"));
    }

    private static LeaseTemplate template(Share share, Link nic) {
        return ClaimParameters.template(
                share.lease(),
                nic.ifname(),
                share.queues(),
                Optional.of(share.guest()).filter(guest -> !guest.isEmpty()),
                share.addresses());
    }

    /** Runs {@code work}; its errors become one kind, whose sentences the pod's user sees. */
    private static <T> T translated(Supplier<T> work) {
        try {
            return work.get();
        } catch (LeaseRefusedException
                | LeaseException
                | LinuxException
                | NotANetworkNamespaceException
                | IllegalArgumentException e) {
            throw new DraException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public List<String> addressesInUse() {
        return leases.list().stream()
                .flatMap(lease -> lease.addresses().stream())
                .toList();
    }

    @Override
    public Attached create(Share share, String owner, Path netns) {
        Link nic = nic(share);
        return translated(() -> {
            try (NetworkNamespace pod = NetworkNamespace.at(netns)) {
                if (pod.cookie() == home.cookie()) {
                    throw new DraException("the pod is in the host's network namespace, where the NICs are");
                }
                LeaseTemplate template = template(share, nic);
                // Closing the lease deletes it, unless it was kept.
                try (Lease lease = leases.create(template.spec(nic.ifname(), pod, template.device(), owner))) {
                    Attached attached = attached(lease.info(), Optional.of(pod));
                    lease.keep();
                    return attached;
                }
            }
        });
    }

    private static Attached attached(LeaseInfo lease, Optional<NetworkNamespace> pod) {
        return new Attached(
                lease.name(),
                lease.nic(),
                lease.guest(),
                pod.map(namespace -> hardwareAddress(namespace, lease.guestIfindex()))
                        .orElse(""),
                lease.addresses(),
                lease.queues().stream().map(LeasedQueue::guest).toList());
    }

    private static String hardwareAddress(NetworkNamespace pod, int ifindex) {
        try (NamespaceSockets sockets = NamespaceSockets.of(pod)) {
            return sockets.rtnetlink()
                    .links()
                    .find(ifindex)
                    .flatMap(Link::address)
                    .filter(address -> !address.isZero())
                    .map(HardwareAddress::toString)
                    .orElse("");
        }
    }

    @Override
    public long cookie(Path netns) {
        return translated(() -> {
            try (NetworkNamespace pod = NetworkNamespace.at(netns)) {
                return pod.cookie();
            }
        });
    }

    @Override
    public List<Held> held(Predicate<String> owner) {
        return leases.ownedBy(owner).stream()
                .filter(lease -> !lease.isReservation())
                .map(lease -> new Held(
                        lease.owner().orElseThrow(),
                        isUsable(lease),
                        attached(lease, Optional.empty()),
                        lease.netnsCookie()))
                .toList();
    }

    @Override
    public List<String> reserved(Predicate<String> owner) {
        return leases.ownedBy(owner).stream()
                .filter(LeaseInfo::isReservation)
                .flatMap(lease -> lease.owner().stream())
                .toList();
    }

    @Override
    public void delete(Predicate<String> owner) {
        delete(translated(() -> leases.ownedBy(owner)).stream()
                .filter(lease -> !lease.isReservation())
                .toList());
    }

    @Override
    public void release(Predicate<String> owner) {
        delete(translated(() -> leases.ownedBy(owner)));
    }

    private void delete(List<LeaseInfo> all) {
        List<String> problems = new ArrayList<>();
        for (LeaseInfo lease : all) {
            try {
                leases.delete(lease.name(), lease.id());
            } catch (LeaseException | LeaseRefusedException | LinuxException e) {
                problems.add(String.valueOf(e.getMessage()));
            }
        }
        if (!problems.isEmpty()) {
            throw new DraException(String.join("; ", problems));
        }
    }
}
