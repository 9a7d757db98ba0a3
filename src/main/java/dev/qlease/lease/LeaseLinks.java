package dev.qlease.lease;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueId;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkFilter;
import dev.qlease.rtnetlink.Rtnetlink;
import java.util.Optional;

/** Finds and deletes the links of a lease, in any namespace and under any name. */
final class LeaseLinks {
    private static final LinkFilter NETKIT = LinkFilter.ALL.kind("netkit");

    private final NamespaceSockets home;

    LeaseLinks(NamespaceSockets home) {
        this.home = home;
    }

    /**
     * Returns whether {@code link} belongs to the lease: by its alias or, before it has one, by its unique provisional
     * name.
     */
    private static boolean isOf(LeaseId id, Link link) {
        return link.netkit().isPresent()
                && (link.ifalias().filter(id.tag()::equals).isPresent()
                        || link.ifname().equals(id.provisionalName()));
    }

    /** Returns the lease's link in the home namespace. */
    Optional<Link> atHome(LeaseId id, int ifindex) {
        if (ifindex != 0) {
            Optional<Link> there = home.rtnetlink().links().find(ifindex).filter(link -> isOf(id, link));
            if (there.isPresent()) {
                return there;
            }
        }
        return tagged(home.rtnetlink(), id);
    }

    private static Optional<Link> tagged(Rtnetlink rtnetlink, LeaseId id) {
        return rtnetlink.links().list(NETKIT).stream()
                .filter(link -> isOf(id, link))
                .findFirst();
    }

    /**
     * Deletes the lease's links. Deleting one end of a pair deletes the other.
     *
     * @param nic the NIC at its current place; empty if it is gone
     * @throws LinuxException if the kernel refuses
     */
    void delete(LeaseRecord lease, Optional<NicHandle> nic) {
        Optional<Link> here = atHome(lease.id(), lease.hostIfindex());
        if (here.isPresent()) {
            delete(home.rtnetlink(), here.get().ifindex());
            return;
        }
        if (nic.isPresent() && deleteByQueue(lease, nic.get())) {
            return;
        }
        boolean holds = nic.isPresent() && holdsQueue(lease, nic.get());
        OtherNamespaces.find(
                KernelText.path(lease.netns()), lease.homeCookie(), namespace -> deleteIn(namespace, lease, holds));
    }

    /**
     * Returns whether a device in another namespace, with the ifindex of the guest's device, holds a queue of the
     * lease.
     */
    private static boolean holdsQueue(LeaseRecord lease, NicHandle nic) {
        return lease.nicQueues().stream()
                .flatMap(queue -> holder(nic, queue).stream())
                .anyMatch(holder -> holder.netnsId().isPresent() && holder.ifindex() == lease.guestIfindex());
    }

    /** Deletes the links of a lease of which only the id is known. */
    void delete(LeaseId id) {
        Optional<Link> here = atHome(id, 0);
        if (here.isPresent()) {
            delete(home.rtnetlink(), here.get().ifindex());
            return;
        }
        OtherNamespaces.find(NetworkNamespace.NAMES, home.namespace().cookie(), namespace -> {
            try (Rtnetlink rtnetlink = Rtnetlink.open(namespace)) {
                return tagged(rtnetlink, id).map(link -> delete(rtnetlink, link.ifindex()));
            }
        });
    }

    /**
     * Deletes the device that the kernel reports as holding a leased queue, in a namespace that need not have a name.
     */
    private boolean deleteByQueue(LeaseRecord lease, NicHandle nic) {
        return lease.nicQueues().stream()
                .flatMap(queue -> holder(nic, queue).stream())
                .filter(holder -> holder.netnsId().isPresent())
                .anyMatch(holder -> deleteById(
                        lease,
                        nic.sockets().rtnetlink(),
                        holder.ifindex(),
                        holder.netnsId().getAsInt()));
    }

    private static boolean deleteById(LeaseRecord lease, Rtnetlink rtnetlink, int ifindex, int nsid) {
        try {
            Link link = rtnetlink.links().get(ifindex, nsid);
            if (!isOf(lease.id(), link)) {
                return false;
            }
            rtnetlink.links().delete(ifindex, nsid);
            return true;
        } catch (LinuxException e) {
            // The namespace or the device is gone by now, or cannot be reached by its id: there are other ways.
            return false;
        }
    }

    /** Returns the lease of a queue of the NIC; empty if it is not leased or does not exist. */
    static Optional<dev.qlease.netdev.Lease> holder(NicHandle nic, int queue) {
        return queue(nic, queue).flatMap(Queue::lease);
    }

    /** Returns a queue of the NIC; empty if the kernel returns EINVAL, as it does for a number out of range. */
    static Optional<Queue> queue(NicHandle nic, int queue) {
        try {
            return Optional.of(nic.sockets().netdev().queue(nic.ifindex(), QueueId.rx(queue)));
        } catch (LinuxException e) {
            if (e.is(Errno.ENODEV) || e.is(Errno.ENOENT) || e.is(Errno.EINVAL)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * Deletes the guest's device in its own namespace. It is found by its ifindex first, since the guest can give the
     * alias to other devices. The ifindex alone proves nothing, but holding a leased queue does.
     */
    private static Optional<Boolean> deleteIn(NetworkNamespace namespace, LeaseRecord lease, boolean holdsQueue) {
        try (Rtnetlink rtnetlink = Rtnetlink.open(namespace)) {
            Optional<Link> found = holdsQueue && namespace.cookie() == lease.netnsCookie()
                    ? rtnetlink
                            .links()
                            .find(lease.guestIfindex())
                            .filter(link -> link.netkit().isPresent())
                    : Optional.empty();
            if (found.isEmpty()) {
                found = tagged(rtnetlink, lease.id());
            }
            return found.map(link -> delete(rtnetlink, link.ifindex()));
        }
    }

    private static boolean delete(Rtnetlink rtnetlink, int ifindex) {
        try {
            rtnetlink.links().delete(ifindex);
        } catch (LinuxException e) {
            if (!e.is(Errno.ENODEV)) {
                throw e;
            }
        }
        return true;
    }
}
